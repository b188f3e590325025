// Noise schedules for training, and shorter ones for sampling, all in float64. Comments count steps t = 1..T; arrays are
// 0-based, so that alpha_bar_t is alpha_bar[t-1].
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sr3 {

struct ScheduleOptions {
  std::string kind = "cosine";  // linear|quadratic|cosine|sigmoid|betas
  int64_t steps = 1000;         // T
  double beta_start = 1e-4,
         beta_end = 0.02;          // linear, quadratic (linear in sqrt beta), sigmoid (shape between the two)
  std::vector<double> betas = {};  // kind "betas"
};

// beta_1..beta_T. Throws Error for an unknown kind, a number of steps outside 1..1000000, or a beta outside (0,1).
std::vector<double> make_betas(const ScheduleOptions& options);
// alpha_bar_t, the product of 1 - beta over the first t steps. Throws Error when it stops decreasing or reaches 0 in double.
std::vector<double> make_alpha_bar(const std::vector<double>& betas);

// The logarithm of the signal-to-noise ratio alpha_bar / (1 - alpha_bar).
double log_snr(double alpha_bar);

// The beta_end with which a schedule of this kind (linear, quadratic, sigmoid), beta_start and number of steps ends at this
// alpha_bar. A schedule of fewer steps needs it: with the old beta_end its last step would still contain much of the image, but
// sampling starts from pure noise. Throws Error when no beta_end below 1 does it.
double beta_end_for(ScheduleOptions options, double alpha_bar_end);

// The noise levels that a sampler visits, noisiest first: alpha_bar[k] before step k, and `end` after the last step.
struct SamplingLevels {
  std::vector<double> alpha_bar;  // N entries, increasing
  std::vector<int64_t> timestep;  // 0-based timestep of each level in the training schedule
  bool keeps_end = true;          // whether sampling starts at the training schedule's noisiest step
  double end = 1;                 // 1: an image without noise
  double after(size_t k) const { return k + 1 < alpha_bar.size() ? alpha_bar[k + 1] : end; }
};
// Chooses steps of the training schedule. steps: "N", or "a,b,c" (so many in each of as many equal sections, as in
// guided-diffusion; only with spacing "uniform"), or "ddimN" ("N" with spacing "ddim").
// spacing: "uniform" (with the first and the last step), "ddim" (integer stride; rarely has the last), "log-snr" (the training
// steps nearest to even spacing in log-SNR, with the first and the last), "trailing" (T k / N of the T steps for k = N ... 1,
// rounded, so that every second of 2N steps is one of N: Lin et al. 2024, table 2). Throws Error, with the reason, when that is
// impossible.
SamplingLevels sampling_levels(const std::vector<double>& alpha_bar, const std::string& steps,
                               const std::string& spacing);
// Levels that are not steps of the training schedule, for networks whose input is the level itself and which were trained on all
// levels between the schedule's ends (SR3, section 2.4, and WaveGrad): those of a schedule of its own with so many steps,
// "cosine" (whose beta is not limited) or "linear:B0,B1" (beta from B0 to B1), or a list of values of alpha_bar, noisiest first,
// such as "0.01,0.3,0.9".
// Levels beyond an end of the training schedule are replaced by that end. `timestep` is that of the nearest level.
// steps: for a list, its length or 0. Throws Error, with the reason, when that is impossible, or two levels are equal.
SamplingLevels free_levels(const std::vector<double>& alpha_bar, const std::string& levels, int64_t steps);
// Those levels that are noisier than alpha_bar = end, followed by `end` itself: CDM's truncated conditioning, which yields z_s.
// Throws Error when no level is noisier.
SamplingLevels truncated(SamplingLevels levels, double end);

}  // namespace sr3
