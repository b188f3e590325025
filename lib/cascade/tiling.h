// Covers a large image with overlapping tiles of one size, blended by smooth weights that sum to exactly 1 at every pixel.
// The sampler never sees a tile: at each step the network runs tile by tile, its outputs are blended into one
// prediction, and the step is taken on the full-size x_t. So there is no seam to hide at the end, and the tiles agree
// from the first step on. Predictions are blended in bands of whole tile rows, from top to bottom: rows that are done are not
// read by later tiles, so that x_t can be replaced in place, and nothing but x_t is needed at full size.
// This file deals with geometry and sums only; the network is a callback.
// Legend: N images of one size, C channels, H W height and width of the image, h w of a tile.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "base/rows.h"

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

// Some whole rows of tiles.
struct Band {
  int64_t first = 0, tiles = 0;  // the numbers of its tiles
  Rows covered;                  // by its tiles
  Rows done;                     // those whose blend is complete after this band: up to the next one's tiles
};

class Tiling {
 public:
  Tiling(int64_t height, int64_t width, const TileRule& rule);

  int64_t tiles() const { return static_cast<int64_t>(y_.start.size() * x_.start.size()); }
  int64_t tile_height() const { return y_.length; }
  int64_t tile_width() const { return x_.length; }
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }

  // Bands of at least `tiles` tiles, from top to bottom.
  std::vector<Band> bands(int64_t tiles) const;
  // The part (..., h, w) that tile i covers of an image (..., rows, W), whose first row is row `top`; as a view.
  at::Tensor window(const at::Tensor& image, int64_t i, int64_t top = 0) const;
  // Adds tile (C,h,w) times the weights of tile i to sum (C,rows,W), float32, whose first row is row `top`.
  void add(const at::Tensor& sum, const at::Tensor& tile, int64_t i, int64_t top = 0) const;
  // Moves the weights to the device of the tiles.
  void to(at::Device device);

 private:
  int64_t height_, width_;
  TileAxis y_, x_;
  std::vector<at::Tensor> weight_y_, weight_x_;  // (h,1) and (1,w) of each start
};

// A window of each of some images.
struct Window {
  int64_t image = 0, tile = 0;
};
using WindowBatch = std::vector<Window>;
// Maps the windows x (count, C, h, w) to (count, C', h, w).
using TileFunction = std::function<at::Tensor(const at::Tensor& x, const WindowBatch& batch)>;

// The windows of images x (N,C,rows,W), whose first row is row `top`, stacked: (count, C, h, w).
at::Tensor windows(const Tiling& tiling, const at::Tensor& x, const WindowBatch& batch, int64_t top = 0);

// Blends what a network makes of the bands of some images, one after the other.
class Blend {
 public:
  explicit Blend(const Tiling& tiling) : tiling_(tiling) {}  // `tiling` must outlive it
  // Applies f to the windows of x (N,C,H,W) in the next band, in batches of `batch`. Returns the blended rows band.done:
  // (N,C',rows,W) float32. If there is only one tile, these are the unchanged values of f.
  at::Tensor operator()(const Band& band, const at::Tensor& x, int64_t batch, const TileFunction& f);

 private:
  const Tiling& tiling_;
  at::Tensor rest_;  // the sums of rows that the next band adds to
};

}  // namespace sr3
