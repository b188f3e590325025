#include "study/confusion.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/distribution.h"
#include "base/rng.h"

namespace sr3 {
namespace {

// Bootstrap replicates of each model's rate, [model][replicate].
using Replicates = std::vector<std::vector<double>>;

std::vector<double> rates_of(const std::vector<Judgement>& judgements, int64_t models) {
  std::vector<double> hits(static_cast<size_t>(models)), n(hits.size());
  for (const Judgement& j : judgements)
    hits[static_cast<size_t>(j.model)] += j.fooled, ++n[static_cast<size_t>(j.model)];
  for (size_t m = 0; m < n.size(); ++m) hits[m] = n[m] > 0 ? hits[m] / n[m] : 0;
  return hits;
}

Replicates bootstrap(const std::vector<Judgement>& judgements, int64_t models, const ConfusionOptions& options) {
  int64_t raters = 0, images = 0;
  for (const Judgement& j : judgements) raters = std::max(raters, j.rater + 1), images = std::max(images, j.image + 1);
  // Only raters with judgements and images that were judged can be drawn.
  std::vector<int64_t> present[2] = {std::vector<int64_t>(static_cast<size_t>(raters)),
                                     std::vector<int64_t>(static_cast<size_t>(images))};
  for (const Judgement& j : judgements)
    present[0][static_cast<size_t>(j.rater)] = present[1][static_cast<size_t>(j.image)] = 1;
  std::vector<int64_t> members[2];
  for (const int side : {0, 1})
    for (size_t k = 0; k < present[side].size(); ++k)
      if (present[side][k]) members[side].push_back(static_cast<int64_t>(k));

  const std::vector<double> estimate = rates_of(judgements, models);
  Replicates out(static_cast<size_t>(models), std::vector<double>(static_cast<size_t>(options.replicates)));
  std::vector<int32_t> weight[2] = {std::vector<int32_t>(static_cast<size_t>(raters)),
                                    std::vector<int32_t>(static_cast<size_t>(images))};
  std::vector<int64_t> hits(static_cast<size_t>(models)), n(hits.size());
  for (int64_t b = 0; b < options.replicates; ++b) {
    RandomStream random(options.seed, static_cast<uint64_t>(b), kRandomSubset);
    for (const int side : {0, 1}) {
      std::fill(weight[side].begin(), weight[side].end(), 0);
      if (members[side].size() == 1) weight[side][static_cast<size_t>(members[side][0])] = 1;
      for (size_t k = 0; members[side].size() > 1 && k < members[side].size(); ++k)
        ++weight[side][static_cast<size_t>(members[side][random.below(members[side].size())])];
    }
    std::fill(hits.begin(), hits.end(), 0);
    std::fill(n.begin(), n.end(), 0);
    for (const Judgement& j : judgements) {
      const int64_t w = int64_t{weight[0][static_cast<size_t>(j.rater)]} * weight[1][static_cast<size_t>(j.image)];
      n[static_cast<size_t>(j.model)] += w;
      hits[static_cast<size_t>(j.model)] += j.fooled ? w : 0;
    }
    for (size_t m = 0; m < out.size(); ++m)
      out[m][static_cast<size_t>(b)] =
          n[m] > 0 ? static_cast<double>(hits[m]) / static_cast<double>(n[m]) : estimate[m];
  }
  return out;
}

// The interval from the quantiles of the replicates, their distances from the estimate scaled to the standard error `se`
// as described in the header.
Interval scaled_interval(std::vector<double> replicates, double estimate, double se, double df, double level) {
  double variance = 0;
  for (const double value : replicates) variance += (value - estimate) * (value - estimate);
  variance /= static_cast<double>(replicates.size());
  const double tail = (1 - level) / 2, t = student_quantile(1 - tail, df);
  if (!(variance > 0)) return {estimate - t * se, estimate + t * se};
  const double scale = se / std::sqrt(variance) * t / normal_quantile(1 - tail);
  std::sort(replicates.begin(), replicates.end());
  const auto at = [&](double q) {
    const double place = q * (static_cast<double>(replicates.size()) + 1) - 1;
    const auto k = std::clamp<int64_t>(std::llround(place), 0, static_cast<int64_t>(replicates.size()) - 1);
    return replicates[static_cast<size_t>(k)];
  };
  return {estimate + (at(tail) - estimate) * scale, estimate + (at(1 - tail) - estimate) * scale};
}

Interval within(const Interval& interval, double low, double high) {
  return {std::clamp(interval.low, low, high), std::clamp(interval.high, low, high)};
}

int64_t distinct(const std::vector<Contribution>& values, int64_t Contribution::*side) {
  std::vector<int64_t> seen;
  seen.reserve(values.size());
  for (const Contribution& c : values) seen.push_back(c.*side);
  std::sort(seen.begin(), seen.end());
  return std::unique(seen.begin(), seen.end()) - seen.begin();
}

ConfusionRate rate_of(const std::vector<Judgement>& judgements, int64_t model, const std::vector<double>& replicates,
                      const ConfusionOptions& options) {
  ConfusionRate out;
  std::vector<Contribution> values;
  for (const Judgement& j : judgements) {
    if (j.model != model) continue;
    values.push_back({j.rater, j.image, j.fooled ? 1.0 : 0.0});
    out.fooled += j.fooled;
  }
  out.trials = static_cast<int64_t>(values.size());
  out.naive = wilson(static_cast<double>(out.fooled), out.trials);
  if (out.trials == 0) {
    out.interval = {0, 1};
    out.d_prime_interval = {d_prime(1), d_prime(0)};
    return out;
  }
  out.raters = distinct(values, &Contribution::rater);
  out.images = distinct(values, &Contribution::image);
  out.icc = intraclass(values);
  const auto n = static_cast<double>(out.trials);
  out.rate = static_cast<double>(out.fooled) / n;
  out.d_prime = d_prime(out.rate);
  if (out.fooled == 0 || out.fooled == out.trials) {
    // All outcomes are equal: the effects of raters and images cannot be estimated, and Wilson's interval is all that is
    // known.
    out.interval = out.naive;
  } else {
    for (Contribution& c : values) c.value = (c.value - out.rate) / n;
    const CrossedError error = crossed_error(values, out.rate * (1 - out.rate) / n);
    out.se = std::sqrt(error.variance);
    out.df = error.df;
    out.interval = within(scaled_interval(replicates, out.rate, out.se, out.df, 0.95), 0, 1);
    out.equivalence_p = std::max(1 - student_cdf((out.rate - 0.5 + options.margin) / out.se, out.df),
                                 student_cdf((out.rate - 0.5 - options.margin) / out.se, out.df));
  }
  out.equivalent = out.equivalence_p < 0.05;
  out.d_prime_interval = {d_prime(out.interval.high), d_prime(out.interval.low)};
  return out;
}

ConfusionDifference difference_of(const std::vector<Judgement>& judgements, int64_t a, int64_t b,
                                  const std::vector<ConfusionRate>& rates, const Replicates& replicates) {
  const ConfusionRate &first = rates[static_cast<size_t>(a)], &second = rates[static_cast<size_t>(b)];
  ConfusionDifference out;
  out.a = a, out.b = b, out.difference = first.rate - second.rate;
  std::vector<Contribution> values;
  for (const Judgement& j : judgements)
    if (j.model == a)
      values.push_back({j.rater, j.image, ((j.fooled ? 1 : 0) - first.rate) / static_cast<double>(first.trials)});
    else if (j.model == b)
      values.push_back({j.rater, j.image, (second.rate - (j.fooled ? 1 : 0)) / static_cast<double>(second.trials)});
  // The effects of raters and images that both models share cancel in the difference. What remains is at least the
  // variance of the judgements themselves.
  const double shared = (first.icc.rater + second.icc.rater + first.icc.image + second.icc.image) / 2;
  double floor = 0;
  for (const Contribution& c : values) floor += c.value * c.value * std::max(0.0, 1 - shared);
  const CrossedError error = crossed_error(values, floor);
  out.se = std::sqrt(error.variance);
  out.df = error.df;
  std::vector<double> distances = replicates[static_cast<size_t>(a)];
  for (size_t k = 0; k < distances.size(); ++k) distances[k] -= replicates[static_cast<size_t>(b)][k];
  const auto certain = [](const ConfusionRate& r) { return r.fooled == 0 || r.fooled == r.trials; };
  if (certain(first) != certain(second)) {
    // Equal outcomes show no variance, which does not prove that there is none. The distance to "no difference" comes
    // from the rates' own intervals (Newcombe 1998, "Interval estimation for the difference ...", method 10: the squares
    // of their arms add up).
    const auto arm = [](double a, double b) { return std::sqrt(a * a + b * b); };
    const double below = arm(first.rate - first.interval.low, second.interval.high - second.rate);
    const double above = arm(first.interval.high - first.rate, second.rate - second.interval.low);
    out.interval = within({out.difference - below, out.difference + above}, -1, 1);
    out.se = (out.difference > 0 ? below : above) / normal_quantile(0.975);
    out.p = 2 * normal_cdf(-std::abs(out.difference) / out.se);
  } else if (out.se > 0) {
    out.interval = within(scaled_interval(distances, out.difference, out.se, out.df, 0.95), -1, 1);
    out.p = 2 * student_cdf(-std::abs(out.difference) / out.se, out.df);
  } else {  // equal outcomes within each model: both intervals bound the difference, Fisher's exact test is one term
    out.interval = {first.naive.low - second.naive.high, first.naive.high - second.naive.low};
    const auto m = static_cast<double>(first.trials), n = static_cast<double>(second.trials);
    const double one = std::exp(std::lgamma(m + 1) + std::lgamma(n + 1) - std::lgamma(m + n + 1));
    out.p = out.difference == 0 ? 1 : std::min(1.0, 2 * one);
  }
  return out;
}

}  // namespace

double d_prime(double rate) { return rate == 0.5 ? 0 : std::sqrt(2.0) * -normal_quantile(rate); }

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> out(p.size());
  double least = 0;
  for (size_t k = 0; k < order.size(); ++k) {
    least = std::max(least, std::min(1.0, p[order[k]] * static_cast<double>(p.size() - k)));
    out[order[k]] = least;
  }
  return out;
}

Confusion confusion(const std::vector<Judgement>& judgements, int64_t models, const ConfusionOptions& options) {
  Confusion out;
  const Replicates replicates = bootstrap(judgements, models, options);
  for (int64_t m = 0; m < models; ++m)
    out.rates.push_back(rate_of(judgements, m, replicates[static_cast<size_t>(m)], options));
  for (int64_t a = 0; a < models; ++a)
    for (int64_t b = a + 1; b < models; ++b)
      if (out.rates[static_cast<size_t>(a)].trials > 0 && out.rates[static_cast<size_t>(b)].trials > 0)
        out.differences.push_back(difference_of(judgements, a, b, out.rates, replicates));
  std::vector<double> p;
  for (const ConfusionDifference& d : out.differences) p.push_back(d.p);
  p = holm(p);
  for (size_t k = 0; k < p.size(); ++k) out.differences[k].p_holm = p[k];
  return out;
}

ConfusionRate crossed_rate(const std::vector<Judgement>& judgements, const ConfusionOptions& options) {
  std::vector<Judgement> all = judgements;
  for (Judgement& j : all) j.model = 0;
  return confusion(all, 1, options).rates[0];
}

}  // namespace sr3
