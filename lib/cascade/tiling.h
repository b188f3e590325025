// Covers a large image with overlapping tiles of one size, blended by smooth weights that sum to exactly 1 at every pixel.
// The sampler never sees a tile: at each step the network runs tile by tile, its outputs are blended into one full-size
// prediction, and the step is taken on the full-size x_t. So there is no seam to hide at the end, and the tiles agree
// from the first step on. This file deals with geometry and sums only; the network is a callback.
// Legend: N images of one size, C channels, H W height and width of the image, h w of a tile.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace sr3 {

// Constraints on the tiles, in pixels.
struct TileRule {
  int64_t side = 256;    // largest side; it is rounded up to `multiple` and `align`
  int64_t overlap = 32;  // smallest overlap of neighbours; at most half of side
  int64_t align = 1;     // starts are multiples of it, and so must be the sides of the image
  int64_t multiple = 1;  // sides are multiples of it and of align, except where one tile covers the whole axis
};

// The tiles along one axis.
struct TileAxis {
  int64_t length = 0;                      // of each tile
  std::vector<int64_t> start;              // of each tile, increasing
  std::vector<std::vector<float>> weight;  // [tile][position in it]: multiples of 2^-12 that sum to 1 over the tiles
};
// The tiles of an axis of `size` pixels: as few as the rule allows, then as short as possible, evenly spread.
TileAxis tile_axis(int64_t size, const TileRule& rule);

class Tiling {
 public:
  Tiling(int64_t height, int64_t width, const TileRule& rule);

  int64_t tiles() const { return static_cast<int64_t>(y_.start.size() * x_.start.size()); }
  int64_t tile_height() const { return y_.length; }
  int64_t tile_width() const { return x_.length; }
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }

  // The part (..., h, w) of image (..., H, W) that tile i covers, as a view.
  at::Tensor window(const at::Tensor& image, int64_t i) const;
  // Adds tile (C,h,w) times the weights of tile i to sum (C,H,W), float32.
  void add(const at::Tensor& sum, const at::Tensor& tile, int64_t i) const;
  // Moves the weights to the device of the tiles.
  void to(at::Device device);

 private:
  int64_t height_, width_;
  TileAxis y_, x_;
  std::vector<at::Tensor> weight_y_, weight_x_;  // (h,1) and (1,w) of each start
};

// The windows of a batch: numbers first .. first+count-1, where number = image * tiles + tile.
struct TileRange {
  int64_t first = 0, count = 0;
};
// Maps the windows x (count, C, h, w) to (count, C', h, w).
using TileFunction = std::function<at::Tensor(const at::Tensor& x, TileRange range)>;

// The windows `range` of the images x (N,C,H,W), stacked: (count, C, h, w).
at::Tensor windows(const Tiling& tiling, const at::Tensor& x, TileRange range);
// Applies f to all windows of x (N,C,H,W) in batches of `batch`, and blends the results to (N,C',H,W) float32. If there is only one
// tile, these are the unchanged values of f.
at::Tensor blend_tiles(const Tiling& tiling, const at::Tensor& x, int64_t batch, const TileFunction& f);

}  // namespace sr3
