// One trained network that is ready to run: manifest, weights and the noise levels of sampling. Tiles of large images are up to
// upscaler.h, other stages to chain.h.
// It is opened in two steps, so that the manifest and the command line are checked before any weights are read.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diffusion/residual.h"
#include "diffusion/sampler.h"
#include "nn/unet.h"
#include "stage/manifest.h"

namespace sr3 {

class Options;

// Settings of the command line, or of a cascade, that override a manifest's `sampling`.
// The option --class, whose argument is not empty: that of an unset variable would mean all classes.
void declare_class(Options& options, std::string* value, const std::string& text);

struct SamplingOverrides {
  std::optional<std::string> steps, sampler, spacing, levels, variance;
  std::optional<double> eta;
  // Guidance scale w of classifier-free guidance (Ho & Salimans 2021): unconditional prediction + w (conditional -
  // unconditional); 1: off.
  std::optional<double> guidance;
  // Noise level of the condition as a share of T: for stages that were trained with Gaussian conditioning augmentation.
  std::optional<double> noise_level;
  // base: for base stages, which have no condition.
  void declare(Options& options, bool base = false);
  // The manifest's options with these overrides. Throws UsageError for an eta outside [0,1], or an eta or variance that the
  // sampler does not use.
  SamplerOptions over(SamplerOptions manifest) const;
};

// The PSNR of int8 against fp32 from which --precision auto selects int8: a root mean square error
// of 1.4 levels of 8 bits, far below that of the result itself.
constexpr double kInt8Psnr = 45;

class Stage {
 public:
  // Reads and checks the manifest, and checks that its weights exist. Warns when sampling does not start at the noisiest level.
  // Throws UsageError for guidance or a noise level that the stage was not trained for, for a missing noise level, and for
  // sampling settings that it does not support; DataError or Error when the manifest or the weights cannot be used.
  Stage(std::string path, const SamplingOverrides& overrides);
  Stage(Stage&&) = default;

  // CDM's truncated conditioning: ends the reverse process where its image has this noise level. A residual then ends at another
  // level, where x / scale + sqrt(level) condition is the noisy image up to a factor. Call it before load(). Throws Error for a
  // regression stage, and when no sampling step is noisier.
  void stop_at(double alpha_bar);
  // The alpha_bar of stop_at(); 1 if the stage samples to the end.
  double stops_at() const { return stops_at_; }

  // Reads the weights, verifies their sha256 and shapes, and packs them for `device` and a precision of --precision
  // (nn/precision.h); "auto" is int8 on a CPU for a stage for which it was measured to be good enough. Throws DataError for
  // weights that do not match the manifest, and UsageError for a precision that the device does not support.
  void load(at::Device device, const std::string& precision);

  const std::string& path() const { return path_; }
  const StageManifest& manifest() const { return manifest_; }
  bool diffuses() const { return manifest_.kind != "regression"; }
  int64_t scale() const { return manifest_.image.scale(); }
  // The number of sampling steps of an image; 1 for a regression stage.
  int64_t steps() const { return diffuses() ? static_cast<int64_t>(levels_.alpha_bar.size()) : 1; }
  const SamplerOptions& sampling() const { return sampling_; }
  const SamplingLevels& levels() const { return levels_; }
  at::Device device() const { return device_; }
  // alpha_bar of the training schedule; empty for a regression stage.
  const std::vector<double>& alpha_bar() const { return alpha_bar_; }
  // The noise level s of the condition, in steps of the schedule; unset for a stage that was trained without such noise.
  std::optional<int64_t> noise_steps() const { return noise_steps_; }
  // The residual over the condition of this noise level, for a stage whose target is the residual.
  const Residual& residual() const { return residual_; }
  // The multiple to which the network pads both sides of its input.
  int64_t size_multiple() const;

  // The index of the class that --class gives by its name, or else by its index. Throws UsageError when the stage does not have
  // that class.
  int64_t class_index(const std::string& name_or_index) const;

  // The part of a batch of n images that is constant over the steps. condition: (n,C,H,W) or undefined; labels: (n) int64, -1 for
  // no class, or undefined.
  struct Prepared {
    std::shared_ptr<const UNetRunner::Prepared> given, without_class;  // without_class: for guidance, else null
  };
  Prepared prepare(int64_t n, const at::Tensor& condition, const at::Tensor& labels) const;
  // The network's prediction for x_t (n,C,H,W) at step k, with guidance: x0 (the image, or with target residual the scaled
  // residual), unclipped.
  Denoised denoise(const Prepared& prepared, const at::Tensor& x_t, int64_t k) const;

 private:
  std::string path_;
  StageManifest manifest_;
  SamplerOptions sampling_;
  SamplingLevels levels_;
  std::vector<double> alpha_bar_;
  double guidance_ = 1, stops_at_ = 1;
  std::optional<int64_t> noise_steps_;
  Residual residual_;
  at::Device device_ = at::kCPU;
  at::Tensor level_input_;  // the network's augmentation level (1), on the device; undefined without one
  std::unique_ptr<UNetRunner> network_;
};

// Opens the stages of a chain. An override applies to the stages that support it. Throws UsageError when none does.
std::vector<Stage> open_chain(const std::vector<std::string>& paths, const SamplingOverrides& overrides);

// The seed of a stage's noise, from the frame's seed and four numbers that are the same in a pipe and in a cascade, so that both
// draw the same noise; the stages of one cascade differ in size, so each draws its own. width, height: of the result; scale: 1
// for a base stage; sample: from 0.
uint64_t stage_seed(uint64_t seed, int64_t width, int64_t height, int64_t scale, int64_t sample);

}  // namespace sr3
