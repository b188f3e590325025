// One trained network, ready to be called: manifest, weights, sampling levels. Knows nothing of pictures larger than a
// tensor (upscaler.h), of files of images or of other stages (chain.h).
// Made in two halves: what the manifest and the command line say is checked before any weights are read.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diffusion/sampler.h"
#include "nn/unet.h"
#include "stage/manifest.h"

namespace sr3 {

class Options;

// What the command line, or a cascade, says against a manifest's `sampling`.
struct SamplingOverrides {
  std::optional<std::string> steps, sampler, spacing, variance;
  std::optional<double> eta;
  // Guidance scale w: unconditional prediction + w (conditional - unconditional); 1: off (Ho & Salimans 2021).
  std::optional<double> guidance;
  // Noise level of the condition as a share of T: for stages trained with Gaussian conditioning augmentation.
  std::optional<double> noise_level;
  // base: of a base stage, which has no condition.
  void declare(Options& options, bool base = false);
  // UsageError when --eta is given and the sampler is not ddim.
  SamplerOptions over(SamplerOptions manifest) const;
};

// The outermost feature maps of one pass through the network are to take about this many bytes; what the network keeps for
// its skip connections is ten times that. Sets how many images, or how large a tile, one pass takes.
constexpr int64_t kMapBytes = int64_t{1} << 24;

class Stage {
 public:
  // Reads and checks the manifest, and that its weights are there. Warns when the levels leave out the noisy end.
  // UsageError when guidance or a noise level is asked of a stage that was not trained for it, or none of one that was.
  Stage(std::string path, const SamplingOverrides& overrides);
  Stage(Stage&&) = default;

  // CDM's truncated conditioning: the reverse process is to end where its image has this level of noise. Of a residual
  // that is another level: x / scale + sqrt(level) condition is then the noisy image, but for a factor. Before load().
  void stop_at(double alpha_bar);
  // What it was asked for; 1: no noise is left.
  double stops_at() const { return stops_at_; }

  // Reads the weights, verifies their sha256 and shapes, packs them for `device` and `compute` (at::kFloat,
  // at::kBFloat16, ...).
  void load(at::Device device, at::ScalarType compute);

  const std::string& path() const { return path_; }
  const StageManifest& manifest() const { return manifest_; }
  bool diffuses() const { return manifest_.kind != "regression"; }
  int64_t scale() const { return manifest_.image.scale(); }
  // Network evaluations of one image: 1 with kind regression.
  int64_t steps() const { return diffuses() ? static_cast<int64_t>(levels_.alpha_bar.size()) : 1; }
  const SamplerOptions& sampling() const { return sampling_; }
  const SamplingLevels& levels() const { return levels_; }
  at::Device device() const { return device_; }
  // Of the training schedule.
  const std::vector<double>& alpha_bar() const { return alpha_bar_; }
  // s of the condition's noise, in steps of the schedule; none for a stage that was trained without.
  std::optional<int64_t> noise_steps() const { return noise_steps_; }
  // Both sides of an input are best a multiple of it; other sizes are padded within the network.
  int64_t size_multiple() const;

  // The index of a class that --class gives by name or else by number; UsageError when the stage has none, or none of that name.
  int64_t class_index(const std::string& name_or_index) const;

  // Of a batch of n images: condition (n,C,H,W) or undefined; labels (n) int64 or undefined, -1: no class.
  struct Prepared {
    std::shared_ptr<const UNetRunner::Prepared> given, without_class;  // the second one for guidance
  };
  Prepared prepare(int64_t n, const at::Tensor& condition, const at::Tensor& labels) const;
  // What the network makes of x_t (N,C,H,W) at step k: x0 (the image, or with target residual the scaled residual),
  // unclipped.
  Denoised denoise(const Prepared& prepared, const at::Tensor& x_t, int64_t k) const;

 private:
  std::string path_;
  StageManifest manifest_;
  SamplerOptions sampling_;
  SamplingLevels levels_;
  std::vector<double> alpha_bar_;
  double guidance_ = 1, stops_at_ = 1;
  std::optional<int64_t> noise_steps_;
  at::Device device_ = at::kCPU;
  std::unique_ptr<UNetRunner> network_;
};

// The stages of a chain. What is said of sampling goes to those that take it; UsageError where none does.
std::vector<Stage> open_chain(const std::vector<std::string>& paths, const SamplingOverrides& overrides);

// The seed of a stage's noise: a stage of a pipe and the same stage of a cascade know the same four things, so they
// draw the same; stages of one cascade differ in size, so they never do. width, height: of the result; scale: 1 for a
// base stage; sample from 0.
uint64_t stage_seed(uint64_t seed, int64_t width, int64_t height, int64_t scale, int64_t sample);

}  // namespace sr3
