// A super-resolution or regression stage over images of any size: condition, noise, tiles, sampling.
// What comes out depends on the image, its noise key and its label alone, never on what else is in the batch.
// Legend: N images of one size, H W height and width of the result.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "cascade/stage.h"
#include "cascade/tiling.h"
#include "tensor/noise.h"

namespace sr3 {

struct UpscaleOptions {
  int64_t tile = 0;  // longest side of a tile in pixels of the result; 0: by what the network needs of memory
  std::optional<int64_t> overlap;  // that neighbouring tiles share, at least; none: 32, or half of smaller tiles
  int64_t batch = 0;               // tiles, or images of one size, that the network sees at once; 0: by size
  bool consistency = false;
  void declare(Options& options);
};
// UsageError on contradictions.
void validate(const UpscaleOptions& options);

struct UpscaleItem {
  at::Tensor low_res;   // (C,h,w) float32 on the CPU, in [-1,1] but for noise
  NoiseKey key;         // seed: stage_seed's
  int64_t label = -1;   // with a class-conditional stage
  bool noised = false;  // low_res has the noise of the stage's noise level already (truncated conditioning)
};

class Upscaler {
 public:
  // `stage` must outlive it and be loaded. Error when it is none that upscales.
  Upscaler(const Stage& stage, const UpscaleOptions& options);

  // The tiling of an image whose result is width x height.
  Tiling tiling(int64_t width, int64_t height) const;
  // How many of its tiles go through the network at once.
  int64_t tiles_at_once(const Tiling& tiling) const;
  // How many images of this size to give at once.
  int64_t images_at_once(int64_t low_width, int64_t low_height) const;

  // All of one size -> as many results (N,C,H,W) float32 on the CPU, in [-1,1]; of a stage that stops early, noisy
  // images at the level it was asked for. after_step(k): k network evaluations of each are done.
  at::Tensor operator()(const std::vector<UpscaleItem>& items, const std::function<void(int64_t)>& after_step) const;

 private:
  int64_t default_side() const;

  const Stage& stage_;
  UpscaleOptions options_;
};

}  // namespace sr3
