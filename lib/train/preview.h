// What a training looks like: a sheet of examples (low-res, result, truth), and the loss over the steps, as PNG files.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "data/loader.h"
#include "stage/manifest.h"
#include "stage/stage_files.h"

namespace sr3 {

class Preview {
 public:
  // Draws its examples once: the same at every call and in every run of the training (and never seen by it as crops).
  Preview(const StageManifest& manifest, Loader& loader, int64_t images, uint64_t seed, at::Device device,
          at::ScalarType compute);

  // Runs the stage's sampler in few steps with these weights and writes the sheet. Unclipped parts are clamped.
  void draw(const NamedTensors& weights, const std::string& path) const;
  // (N,C,S,S) in [-1,1]: the results alone.
  at::Tensor results(const NamedTensors& weights) const;

 private:
  StageManifest manifest_;
  Batch batch_;
  uint64_t seed_;
  at::Device device_;
  at::ScalarType compute_;
};

// Log scale; the mean over the last 20 lines above the raw ones. Nothing is written for an empty journal.
void draw_loss_curve(const std::string& journal, const std::string& path);

}  // namespace sr3
