#include "diffusion/schedule.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/options.h"

namespace sr3 {
namespace {

// guided-diffusion's space_timesteps: T is cut into as many sections as there are counts, the first T % sections of them one
// step longer; the steps of a section are evenly spaced from its first to its last. The sums are in double and rounded half to
// even, as in Python.
std::vector<int64_t> section_steps(int64_t T, const std::vector<int64_t>& counts) {
  const auto sections = static_cast<int64_t>(counts.size());
  std::vector<int64_t> out;
  int64_t start = 0;
  for (int64_t i = 0; i < sections; ++i) {
    const int64_t size = T / sections + (i < T % sections ? 1 : 0), count = counts[i];
    if (count > size) throw Error(cat("cannot take ", count, " steps from a section of ", size));
    const double stride = count > 1 ? static_cast<double>(size - 1) / static_cast<double>(count - 1) : 1;
    double position = 0;
    for (int64_t k = 0; k < count; ++k, position += stride) out.push_back(start + std::llrint(position));
    start += size;
  }
  return out;
}

// The smallest integer stride that visits exactly `count` steps. It starts at 0 and rarely ends at T-1.
std::vector<int64_t> strided_steps(int64_t T, int64_t count) {
  for (int64_t stride = 1; stride <= T; ++stride) {
    if ((T + stride - 1) / stride != count) continue;
    std::vector<int64_t> out;
    for (int64_t t = 0; t < T; t += stride) out.push_back(t);
    return out;
  }
  throw Error(cat("no integer stride takes ", count, " of ", T, " steps, as spacing 'ddim' requires"));
}

// alpha_bar of the cosine schedule at the share u of its steps, up to a factor (Nichol & Dhariwal 2021, equation 17).
double cosine_level(double u) { return std::pow(std::cos((u + 0.008) / 1.008 * 1.57079632679489661923), 2); }

// Evenly spaced from the noisiest on, so that every second of 2N is one of N. Rounded half to even, as numpy does.
std::vector<int64_t> trailing_steps(int64_t T, int64_t count) {
  std::vector<int64_t> out(count);
  for (int64_t k = 0; k < count; ++k)
    out[k] = std::llrint(static_cast<double>(T * (k + 1)) / static_cast<double>(count)) - 1;
  return out;
}

// The steps nearest to even spacing in log-SNR, with both ends and without repetition. Where the schedule's steps are farther
// apart than that (at the noisy end of "cosine"), consecutive steps are taken.
std::vector<int64_t> log_snr_steps(const std::vector<double>& alpha_bar, int64_t count) {
  const auto T = static_cast<int64_t>(alpha_bar.size());
  if (count == 1) return {T - 1};
  const double clean = log_snr(alpha_bar.front()), noisy = log_snr(alpha_bar.back());
  std::vector<int64_t> out(count);
  int64_t nearest = T - 1;
  for (int64_t k = 0; k < count; ++k) {  // from the noisy end
    const double wanted = noisy + (clean - noisy) * static_cast<double>(k) / static_cast<double>(count - 1);
    while (nearest > 0 &&
           std::abs(log_snr(alpha_bar[nearest - 1]) - wanted) <= std::abs(log_snr(alpha_bar[nearest]) - wanted))
      --nearest;
    const int64_t before = k == 0 ? T : out[count - k];
    out[count - 1 - k] = std::clamp<int64_t>(nearest, count - 1 - k, before - 1);
  }
  return out;
}

std::vector<int64_t> parse_counts(const std::string& steps) {
  const std::vector<int64_t> counts = parse_list(steps, parse_int);
  for (int64_t count : counts)
    if (count < 1) throw Error("every number of steps must be at least 1");
  return counts;
}

}  // namespace

std::vector<double> make_betas(const ScheduleOptions& options) {
  const auto fail = [](const auto&... parts) { throw Error(cat("cannot make the noise schedule: ", parts...)); };
  std::vector<double> betas = options.betas;
  if (options.kind == "betas") {
    if (betas.empty()) fail("no betas");
  } else {
    const int64_t T = options.steps;
    if (T < 1) fail("no steps");
    if (T > 1000000) fail(T, " steps are more than 1000000");
    betas.resize(T);
    // numpy.linspace: a single point is the start.
    const auto between = [T](double from, double to, int64_t i) {
      return T == 1 ? from : from + (to - from) * static_cast<double>(i) / static_cast<double>(T - 1);
    };
    const double low = options.beta_start, high = options.beta_end;
    for (int64_t i = 0; i < T; ++i) {
      if (options.kind == "linear") {
        betas[i] = between(low, high, i);
      } else if (options.kind == "quadratic") {
        betas[i] = std::pow(between(std::sqrt(low), std::sqrt(high), i), 2);
      } else if (options.kind == "sigmoid") {
        betas[i] = low + (high - low) / (1 + std::exp(-between(-6, 6, i)));
      } else if (options.kind == "cosine") {
        const auto f = [T](int64_t t) { return cosine_level(static_cast<double>(t) / static_cast<double>(T)); };
        betas[i] = std::min(1 - f(i + 1) / f(i), 0.999);
      } else {
        fail("unknown kind '", options.kind, "'");
      }
    }
  }
  for (size_t i = 0; i < betas.size(); ++i)
    if (!(betas[i] > 0 && betas[i] < 1)) fail("beta ", i + 1, " is ", betas[i], ", not between 0 and 1");
  return betas;
}

double log_snr(double alpha_bar) { return std::log(alpha_bar) - std::log1p(-alpha_bar); }

std::vector<double> make_alpha_bar(const std::vector<double>& betas) {
  std::vector<double> out;
  double product = 1;
  for (double beta : betas) {
    const double next = product * (1 - beta);
    if (!(next < product && next > 0))
      throw Error(cat("cannot make the noise schedule: alpha_bar does not decrease at step ", out.size() + 1));
    out.push_back(product = next);
  }
  return out;
}

double beta_end_for(ScheduleOptions options, double alpha_bar_end) {
  const auto end_of = [&](double beta_end) {
    options.beta_end = beta_end;
    double log_product = 0;
    for (const double beta : make_betas(options)) log_product += std::log1p(-beta);
    return log_product;
  };
  double low = options.beta_start, high = 1 - 1e-12;
  const double wanted = std::log(alpha_bar_end);
  if (options.steps < 2 || end_of(low) < wanted || end_of(high) > wanted)
    throw Error(cat("cannot shorten the noise schedule to ", options.steps, " steps: no ", options.kind, " betas from ",
                    low, " end at alpha_bar ", alpha_bar_end));
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = (low + high) / 2;
    (end_of(middle) > wanted ? low : high) = middle;
  }
  return (low + high) / 2;
}

SamplingLevels sampling_levels(const std::vector<double>& alpha_bar, const std::string& steps,
                               const std::string& spacing) {
  const auto T = static_cast<int64_t>(alpha_bar.size());
  std::vector<int64_t> chosen;
  try {
    const bool ddim = steps.rfind("ddim", 0) == 0;  // guided-diffusion's "ddim25"
    const auto counts = parse_counts(ddim ? steps.substr(4) : steps);
    const bool single = counts.size() == 1;
    if (!single && (ddim || spacing != "uniform")) throw Error("sections need spacing 'uniform'");
    if (static_cast<int64_t>(counts.size()) > T) throw Error(cat("more sections than the schedule's ", T, " steps"));
    if (single && counts[0] > T) throw Error(cat("the training schedule has only ", T));
    if (ddim || spacing == "ddim")
      chosen = strided_steps(T, counts[0]);
    else if (spacing == "log-snr")
      chosen = log_snr_steps(alpha_bar, counts[0]);
    else if (spacing == "trailing")
      chosen = trailing_steps(T, counts[0]);
    else if (spacing == "uniform")
      // A single step must be the noisiest one: only there is pure noise a valid input.
      chosen = single && counts[0] == 1 ? std::vector<int64_t>{T - 1} : section_steps(T, counts);
    else
      throw Error(cat("unknown spacing '", spacing, "'"));
  } catch (const Error& error) {
    throw Error(cat("cannot use '", steps, "' as sampling steps: ", error.what()));
  }
  SamplingLevels out;
  out.timestep.assign(chosen.rbegin(), chosen.rend());
  for (int64_t t : out.timestep) out.alpha_bar.push_back(alpha_bar[t]);
  out.keeps_end = out.timestep.front() == T - 1;
  return out;
}

namespace {

std::vector<double> levels_named(const std::string& levels, int64_t steps) {
  const std::string linear = "linear:";
  std::vector<double> chosen;
  if (levels != "cosine" && levels.rfind(linear, 0) != 0) {
    chosen = parse_list(levels, parse_double);
    if (steps != 0 && steps != static_cast<int64_t>(chosen.size()))
      throw Error(cat(chosen.size(), " levels for ", steps, " steps"));
    return chosen;
  }
  if (steps < 1) throw Error("a schedule needs a number of steps");
  if (levels == "cosine") {
    for (int64_t k = steps; k > 0; --k)
      chosen.push_back(cosine_level(static_cast<double>(k) / static_cast<double>(steps)) / cosine_level(0));
    return chosen;
  }
  const std::vector<double> ends = parse_list(levels.substr(linear.size()), parse_double);
  if (ends.size() != 2) throw Error("linear needs the first and the last beta, as in linear:1e-4,0.5");
  chosen = make_alpha_bar(make_betas({.kind = "linear", .steps = steps, .beta_start = ends[0], .beta_end = ends[1]}));
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace

SamplingLevels free_levels(const std::vector<double>& alpha_bar, const std::string& levels, int64_t steps) {
  SamplingLevels out;
  try {
    for (const double level : levels_named(levels, steps)) {
      if (!(level > 0 && level < 1)) throw Error(cat("the level ", level, " is not between 0 and 1"));
      out.alpha_bar.push_back(std::clamp(level, alpha_bar.back(), alpha_bar.front()));
      const size_t last = out.alpha_bar.size() - 1;
      if (last > 0 && out.alpha_bar[last] <= out.alpha_bar[last - 1])
        throw Error(cat("level ", last + 1,
                        " is not less noisy than the one before it, within the training schedule's ", alpha_bar.back(),
                        " to ", alpha_bar.front()));
      const auto above = std::lower_bound(alpha_bar.begin(), alpha_bar.end(), out.alpha_bar[last], std::greater<>());
      auto nearest = above == alpha_bar.end() ? above - 1 : above;
      if (nearest != alpha_bar.begin() && *(nearest - 1) - out.alpha_bar[last] < out.alpha_bar[last] - *nearest)
        --nearest;
      out.timestep.push_back(nearest - alpha_bar.begin());
    }
  } catch (const Error& error) {
    throw Error(cat("cannot use the levels '", levels, "': ", error.what()));
  }
  out.keeps_end = out.alpha_bar.front() == alpha_bar.back();
  return out;
}

SamplingLevels truncated(SamplingLevels levels, double end) {
  size_t count = 0;
  while (count < levels.alpha_bar.size() && levels.alpha_bar[count] < end) ++count;
  if (count == 0) throw Error(cat("cannot stop sampling at alpha_bar ", end, ": every step is less noisy than that"));
  levels.alpha_bar.resize(count);
  levels.timestep.resize(count);
  levels.end = end;
  return levels;
}

}  // namespace sr3
