// A large picture in overlapping tiles of one size, blended by smooth weights that sum to exactly 1 at every pixel.
// The sampler never sees a tile: at each step the network runs tile by tile, its outputs are blended into one full-size
// prediction, and the step is taken on the full-size x_t. So there is no seam to hide at the end, and the tiles agree
// from the first step on. This file knows geometry and sums; it knows no network.
// Legend: N pictures of one size, C channels, H W height and width of the picture, h w of a tile.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace sr3 {

// What tiles may be: sides and starts in pixels.
struct TileRule {
  int64_t side = 256;    // at most
  int64_t overlap = 32;  // of neighbours, at least; at most half of side
  int64_t align = 1;     // starts are multiples of it, and so is the picture
  int64_t multiple = 1;  // sides are multiples of it and of align, except where one tile is the whole axis
};

// One axis: where the tiles begin, and their weights.
struct TileAxis {
  int64_t length = 0;                      // of each tile
  std::vector<int64_t> start;              // increasing
  std::vector<std::vector<float>> weight;  // [tile][position in the tile]: multiples of 2^-12, over the tiles exactly 1
};
// As few tiles as the rule allows, as short as then will do, spread evenly.
TileAxis tile_axis(int64_t size, const TileRule& rule);

class Tiling {
 public:
  Tiling(int64_t height, int64_t width, const TileRule& rule);

  int64_t tiles() const { return static_cast<int64_t>(y_.start.size() * x_.start.size()); }
  int64_t tile_height() const { return y_.length; }
  int64_t tile_width() const { return x_.length; }
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }

  // (..., h, w): the part of image (..., H, W) that tile i shows; a view.
  at::Tensor window(const at::Tensor& image, int64_t i) const;
  // sum (C,H,W), float32, gets tile (C,h,w) times its weights added.
  void add(const at::Tensor& sum, const at::Tensor& tile, int64_t i) const;
  // Moves the weights to where the tiles are computed.
  void to(at::Device device);

 private:
  int64_t height_, width_;
  TileAxis y_, x_;
  std::vector<at::Tensor> weight_y_, weight_x_;  // (h,1) and (1,w) of each start
};

// Which windows a batch holds: numbers first .. first+count-1, where number = picture * tiles + tile.
struct TileRange {
  int64_t first = 0, count = 0;
};
// (count, C', h, w) of the windows x (count, C, h, w).
using TileFunction = std::function<at::Tensor(const at::Tensor& x, TileRange range)>;

// The windows `range` of the pictures x (N,C,H,W), stacked: (count, C, h, w).
at::Tensor windows(const Tiling& tiling, const at::Tensor& x, TileRange range);
// f over all windows of x (N,C,H,W), `batch` at once, blended to (N,C',H,W) float32. With one tile: f's own values.
at::Tensor blend_tiles(const Tiling& tiling, const at::Tensor& x, int64_t batch, const TileFunction& f);

}  // namespace sr3
