#include <map>

#include "base/error.h"
#include "base/log.h"
#include "import/diffusers.h"

namespace sr3 {

DiffusersScheduler diffusers_scheduler(const Fields& c) {
  const auto refuse = [&](const auto&... parts) {
    throw DataError(cat("cannot import '", c.origin(), "': ", parts...));
  };
  DiffusersScheduler out;
  DiffusionOptions& d = out.diffusion;
  SamplerOptions& s = out.sampling;
  const std::string name = c.word("_class_name", "DDPMScheduler"), prediction = c.word("prediction_type", "epsilon"),
                    schedule = c.word("beta_schedule", "linear"), variance = c.word("variance_type", "fixed_small");
  if (!c.has("beta_schedule") && !c.has("beta_start") && !c.has("trained_betas") && c.has("_class_name"))
    refuse("a ", name, " has no betas, so its levels of noise are none of a stage's");

  static const std::map<std::string, std::string> kSchedules = {
      {"linear", "linear"}, {"scaled_linear", "quadratic"}, {"squaredcos_cap_v2", "cosine"}, {"sigmoid", "sigmoid"}};
  d.schedule.steps = c.whole("num_train_timesteps", 1000);
  d.schedule.beta_start = c.number("beta_start", 1e-4);
  d.schedule.beta_end = c.number("beta_end", 0.02);
  d.schedule.betas = c.numbers("trained_betas");
  if (!d.schedule.betas.empty()) {
    d.schedule.kind = "betas";
    d.schedule.steps = static_cast<int64_t>(d.schedule.betas.size());
  } else if (const auto found = kSchedules.find(schedule); found != kSchedules.end()) {
    d.schedule.kind = found->second;
  } else {
    refuse("the schedule '", schedule, "' is not known here");
  }
  if (c.flag("rescale_betas_zero_snr", false))
    refuse("'rescale_betas_zero_snr' is true: its last level has no image in it at all, which eps cannot tell");

  static const std::map<std::string, std::string> kPredictions = {
      {"epsilon", "eps"}, {"sample", "x0"}, {"v_prediction", "v"}};
  const auto predicts = kPredictions.find(prediction);
  if (predicts == kPredictions.end()) refuse("'prediction_type' is '", prediction, "'");
  d.predict = predicts->second;
  if (variance == "learned")
    refuse("'variance_type' is 'learned', the variance itself; a stage learns its share ('learned_range')");
  d.variance = variance == "learned_range" ? "learned" : variance.starts_with("fixed_large") ? "beta" : "posterior";
  d.level_draw = "discrete";
  d.loss = "l2";

  s.variance = d.variance;
  s.clip = c.flag("clip_sample", true);
  if (s.clip && c.number("clip_sample_range", 1) != 1)
    warn(cat("'", c.origin(), "': images are cut to -1 to 1, not to its 'clip_sample_range'"));
  if (c.flag("thresholding", false)) warn(cat("'", c.origin(), "': its dynamic thresholding is left out"));
  if (name == "DDPMScheduler") {
    s.sampler = "ddpm";
    s.steps = std::to_string(d.schedule.steps);
  } else if (name.starts_with("DPMSolver")) {
    s.sampler = "dpmpp-2m";
    s.steps = "25";
    s.clip = c.flag("clip_sample", false);
  } else {
    if (name != "DDIMScheduler") warn(cat("'", c.origin(), "': a ", name, "; the stage is sampled by ddim"));
    s.sampler = "ddim";
    s.steps = std::to_string(std::min<int64_t>(50, d.schedule.steps));
  }
  return out;
}

}  // namespace sr3
