// Pictures of a training's progress, as PNG files: a contact sheet of examples (low-res, bicubic, result, truth), and the loss
// over the steps.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "data/loader.h"
#include "stage/manifest.h"
#include "stage/stage_files.h"

namespace sr3 {

// UsageError if a sheet of so many examples with this side would be too large.
void check_preview(int64_t images, int64_t side, bool conditional);

class Preview {
 public:
  // Takes `images` examples from the loader once. They are the same at every call of draw() and in every run of the
  // training, which itself does not use these examples. `seed` is that of the sampling noise.
  Preview(const StageManifest& manifest, Loader& loader, int64_t images, uint64_t seed, at::Device device,
          at::ScalarType compute);

  // Runs the stage's sampler with these weights in at most 10 steps, and writes the contact sheet to `path`.
  void draw(const NamedTensors& weights, const std::string& path) const;
  // The results that draw() shows: (N,C,S,S), clamped to [-1,1].
  at::Tensor results(const NamedTensors& weights) const;

 private:
  StageManifest manifest_;
  Batch batch_;
  uint64_t seed_;
  at::Device device_;
  at::ScalarType compute_;
};

// Plots the losses of a journal on a logarithmic scale, over them their mean over the last 20 lines, and the losses of the
// validations. Writes nothing if the journal is empty or missing.
void draw_loss_curve(const std::string& journal, const std::string& path);

}  // namespace sr3
