// Applies a super-resolution or regression stage to images of any size: condition, noise, tiles, sampling.
// A result depends on the image, its noise key and its label alone, not on the rest of the batch.
// Legend: N images of one size, H W height and width of the result.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "cascade/device_batch.h"
#include "cascade/stage.h"
#include "cascade/tiling.h"
#include "tensor/noise.h"

namespace sr3 {

struct UpscaleOptions {
  int64_t tile = 0;                // longest side of a tile in pixels of the result; 0: by the network's memory
  std::optional<int64_t> overlap;  // smallest overlap of neighbouring tiles; unset: 32, or half of smaller tiles
  int64_t batch = 0;               // tiles, or images of one size, in a batch; 0: by their size
  bool consistency = false;        // project results to consistency with the input (consistency.h)
  void declare(Options& options);
};
// Throws UsageError for an option out of range and for an overlap of more than half a tile.
void validate(const UpscaleOptions& options);

struct UpscaleItem {
  at::Tensor low_res;   // (C,h,w) float32 on the CPU, in [-1,1] except for noise
  NoiseKey key;         // its seed is from stage_seed()
  int64_t label = -1;   // class, for a class-conditional stage; -1: unconditional
  bool noised = false;  // low_res has the stage's noise level already (truncated conditioning)
};

class Upscaler {
 public:
  // `stage` must outlive the upscaler, and be loaded before operator() is called. Throws UsageError as validate(), and Error for
  // a base stage.
  Upscaler(const Stage& stage, const UpscaleOptions& options);

  // The tiling of an image whose result is width x height.
  Tiling tiling(int64_t width, int64_t height) const;
  // The number of its tiles in a batch.
  int64_t tiles_at_once(const Tiling& tiling) const;
  // The number of images of this size that operator() should get at once; 1 for images of more than one tile.
  int64_t images_at_once(int64_t low_width, int64_t low_height) const;

  // Upscales images of one size. Returns as many results (N,C,H,W), float32 on the CPU in [-1,1], or noisy images if the stage
  // stops early. Calls after(steps) with the number of sampling steps of the batch that are done, with fractions for large images.
  at::Tensor operator()(const std::vector<UpscaleItem>& items, const std::function<void(double)>& after) const;

 private:
  int64_t default_side() const;

  const Stage& stage_;
  UpscaleOptions options_;
  mutable BatchLimit limit_;  // what the device's memory has turned out to have room for
};

}  // namespace sr3
