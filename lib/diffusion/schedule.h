// Training schedules, and shorter ones for sampling. All in float64. t = 1..T in prose, arrays 0-based: alpha_bar[t-1].
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

// Error names what is wrong (a beta outside (0,1), alpha_bar not decreasing, no steps).
std::vector<double> make_betas(const ScheduleOptions& options);
std::vector<double> make_alpha_bar(const std::vector<double>& betas);

// The logarithm of the signal-to-noise ratio alpha_bar / (1 - alpha_bar).
double log_snr(double alpha_bar);

// The beta_end with which a schedule of this kind (linear, quadratic, sigmoid), beta_start and number of steps ends at this
// alpha_bar: a shortened schedule of new betas that keeps its end (with the same beta_end it would start from noise that is none).
// Error when there is no such value.
double beta_end_for(ScheduleOptions options, double alpha_bar_end);

// The levels that a sampler visits, noisiest first: alpha_bar[k] before step k, then `end` after the last.
struct SamplingLevels {
  std::vector<double> alpha_bar;  // N entries, increasing
  std::vector<int64_t>
      timestep;           // 0-based training index nearest to each level (what a timestep-conditioned net is told)
  bool keeps_end = true;  // whether the first level is the training schedule's last
  double end = 1;         // 1: an image without noise
  double after(size_t k) const { return k + 1 < alpha_bar.size() ? alpha_bar[k + 1] : end; }
};
// steps: "N", or "a,b,c": that many in each of as many equal sections (guided-diffusion; uniform only), or "ddimN".
// spacing: "uniform" (first and last kept), "ddim" (integer stride; seldom keeps the end), "log-snr" (the training steps nearest
// to even spacing in log(alpha_bar / (1 - alpha_bar)), first and last kept), "trailing" (T k / N of the
// T training steps for k = N ... 1, rounded: Lin et al. 2024, table 2; every second of 2N is one of N). Error says why it cannot be.
SamplingLevels sampling_levels(const std::vector<double>& alpha_bar, const std::string& steps,
                               const std::string& spacing);
// The noisier levels of these, then this one as the end (CDM's truncated conditioning: z_s). Error when there are none.
SamplingLevels truncated(SamplingLevels levels, double end);

}  // namespace sr3
