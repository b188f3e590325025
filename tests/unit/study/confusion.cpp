#include "study/confusion.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/distribution.h"
#include "base/relative.h"
#include "base/rng.h"

using namespace sr3;

namespace {

struct Design {
  int64_t raters, trials, images;
  double rate;                      // true rate, over the populations of raters and images
  double rater_share, image_share;  // shares of the latent variance of a judgement
};

// Each rater sees different images, every image equally often; a judgement is a threshold of rater + image + noise,
// whose sum is a standard normal, so that the true rate is known exactly.
std::vector<Judgement> simulate(const Design& d, uint64_t study, double shift_of_second_model = 0) {
  RandomStream random(77, study, 1000);
  std::vector<double> of_rater, of_image;
  for (int64_t r = 0; r < d.raters; ++r) of_rater.push_back(std::sqrt(d.rater_share) * random.normal());
  for (int64_t i = 0; i < d.images; ++i) of_image.push_back(std::sqrt(d.image_share) * random.normal());
  std::vector<int64_t> order(static_cast<size_t>(d.images)), shown(order.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<Judgement> out;
  const double threshold[2] = {normal_quantile(d.rate), normal_quantile(d.rate + shift_of_second_model)};
  for (int64_t r = 0; r < d.raters; ++r) {
    for (size_t k = order.size() - 1; k > 0; --k) std::swap(order[k], order[random.below(k + 1)]);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return shown[static_cast<size_t>(a)] < shown[static_cast<size_t>(b)];
    });
    for (int64_t t = 0; t < d.trials; ++t) {
      const int64_t i = order[static_cast<size_t>(t)], model = shift_of_second_model != 0 ? t % 2 : 0;
      ++shown[static_cast<size_t>(i)];
      const double own = std::sqrt(1 - d.rater_share - d.image_share) * random.normal();
      const double at = threshold[model];
      out.push_back({r, i, model, at + of_rater[static_cast<size_t>(r)] + of_image[static_cast<size_t>(i)] + own > 0});
    }
  }
  return out;
}

bool holds(const Interval& interval, double value) { return interval.low <= value && value <= interval.high; }

// The coverage of the interval, and that of the naive interval.
std::pair<double, double> coverage(const Design& d, int studies) {
  ConfusionOptions options;
  options.replicates = 200;
  int held = 0, naive = 0;
  for (int s = 0; s < studies; ++s) {
    options.seed = static_cast<uint64_t>(s);
    const ConfusionRate rate = confusion(simulate(d, static_cast<uint64_t>(s)), 1, options).rates[0];
    held += holds(rate.interval, d.rate);
    naive += holds(rate.naive, d.rate);
  }
  return {held / double(studies), naive / double(studies)};
}

}  // namespace

TEST_CASE("Confusion rate: the interval covers the truth in 93-97% of simulated studies") {
  // These shares give intraclass correlations of .053 and .17, as of real raters: (2 / pi) asin(share) at 50%.
  const double rater = .083, image = .264;
  for (const auto& [design, studies] : {std::pair<Design, int>{{50, 50, 100, .47, rater, image}, 1000},  // SR3's
                                        {{20, 20, 40, .5, rater, image}, 2000},
                                        {{10, 30, 50, .3, rater, image}, 2000},
                                        {{1000, 10, 100, .4, rater, image}, 300},  // a thousand raters
                                        {{50, 50, 100, .4, 0, 0}, 1000}}) {        // all judgements independent
    CAPTURE(design.raters);
    CAPTURE(design.images);
    const auto [held, naive] = coverage(design, studies);
    CHECK(held >= 0.93);
    CHECK(held <= 0.97);
    if (design.rater_share > 0) CHECK(naive < 0.8);  // the interval that papers print
  }
}

TEST_CASE("Confusion rate: intervals of differences cover the truth, and effects of raters and images cancel") {
  // Both models share raters and images, so the difference has a smaller error than either rate.
  const Design d{40, 40, 60, .4, .1, .3};
  ConfusionOptions options;
  options.replicates = 200;
  int held = 0, found = 0;
  double se_rate = 0, se_difference = 0;
  for (uint64_t s = 0; s < 600; ++s) {
    const Confusion c = confusion(simulate(d, s, .1), 2, options);
    REQUIRE(c.differences.size() == 1);
    held += holds(c.differences[0].interval, -.1);
    found += c.differences[0].p < .05;
    CHECK((c.differences[0].p < .04 ? c.differences[0].interval.high < .01 : true));
    se_rate += c.rates[0].se, se_difference += c.differences[0].se;
  }
  CHECK(held >= 0.93 * 600);
  CHECK(held <= 0.975 * 600);
  CHECK(found > 550);
  CHECK(se_difference < se_rate);
}

TEST_CASE("Confusion rate: the values for one table, computed by hand") {
  // Two raters, two images, all four judgements: 1 1 / 1 0.
  const std::vector<Judgement> table = {{0, 0, 0, true}, {0, 1, 0, true}, {1, 0, 0, true}, {1, 1, 0, false}};
  const ConfusionRate rate = confusion(table, 1, {}).rates[0];
  CHECK(rate.fooled == 3);
  CHECK(rate.trials == 4);
  CHECK(rate.raters == 2);
  CHECK(rate.images == 2);
  CHECK(rate.rate == .75);
  // Residuals / 4: 1/16 1/16 / 1/16 -3/16. Raters' sums 1/8 and -1/8: squares 1/32, doubled 1/16; the images' likewise;
  // own squares 12/256. 1/8 - 3/64 = 5/64; the floor is 3/64.
  CHECK(rate.se == relative(std::sqrt(5.0 / 64)));
  CHECK(rate.df == 1);  // (5/64)^2 / (2 (1/16)^2) = 25/32, but at least 1
  CHECK(rate.d_prime == relative(std::sqrt(2.0) * -0.6744897501960817));
  CHECK(rate.naive.low == relative(wilson(3, 4).low));

  // Never fooled, always fooled, and a single rater.
  const Confusion none = confusion({}, 2, {});
  CHECK(none.rates.size() == 2);
  CHECK(none.rates[1].trials == 0);
  CHECK(none.rates[1].interval.high == 1);
  CHECK(none.differences.empty());
  const ConfusionRate all = confusion({{0, 0, 0, true}, {1, 1, 0, true}}, 1, {}).rates[0];
  CHECK(all.interval.low == relative(wilson(2, 2).low));
  CHECK(all.interval.high == 1);
  CHECK(!all.equivalent);
  const ConfusionRate one = confusion({{0, 0, 0, true}, {0, 1, 0, false}, {0, 2, 0, true}}, 1, {}).rates[0];
  CHECK(one.se >= std::sqrt(2.0 / 9 / 3) - 1e-12);
  CHECK(holds(one.interval, one.rate));
}

TEST_CASE("Confusion difference: a model whose outcomes are all equal is not significant by its lack of variance") {
  // Against 50 of 100, half of each rater's.
  const auto difference = [](int64_t a, int64_t of_a) {
    std::vector<Judgement> all;
    for (int64_t i = 0; i < of_a; ++i) all.push_back({i % 10, i, 0, i < a});
    for (int64_t i = 0; i < 100; ++i) all.push_back({i % 10, i, 1, (i / 10) % 2 == 0});
    return confusion(all, 2, {}).differences.at(0);
  };
  const ConfusionDifference three = difference(0, 3), one = difference(0, 1);
  CHECK(three.difference == relative(-.5));
  CHECK(three.p > .05);  // Fisher's exact test: 0.25
  CHECK(three.interval.high > 0);
  CHECK(one.p > .2);
  CHECK(difference(0, 100).p < 1e-6);
  CHECK(difference(3, 3).p == relative(three.p, 0.2));
  // The same true rate of 10%, 10 trials against 50: a type I error of about 5% or less.
  int significant = 0, studies = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    RandomStream random(seed, 0, 301);
    std::vector<Judgement> all;
    for (int64_t i = 0; i < 60; ++i) all.push_back({i % 10, i, i < 10 ? 0 : 1, random.below(10) == 0});
    ConfusionOptions options;
    options.replicates = 200;
    const Confusion found = confusion(all, 2, options);
    if (found.rates[0].fooled > 0) continue;
    ++studies;
    significant += found.differences.at(0).p < .05;
  }
  CHECK(studies > 40);
  CHECK(significant <= studies / 10);
}

TEST_CASE("Confusion rate: equivalence to 50% needs a narrow interval, not only one that contains 50%") {
  const auto study = [](int64_t raters, int64_t images, double rate) {
    return confusion(simulate({raters, images, images, rate, 0, 0}, 3), 1, {}).rates[0];
  };
  const ConfusionRate few = study(10, 10, .5), many = study(60, 60, .5), away = study(60, 60, .42);
  CHECK(holds(few.interval, .5));
  CHECK(!few.equivalent);
  CHECK(many.equivalent);
  CHECK(many.equivalence_p < .05);
  CHECK(!away.equivalent);
  CHECK(away.equivalence_p > .5);
}

TEST_CASE("Confusion rate: deterministic for a seed, and independent of gaps in the numbering") {
  std::vector<Judgement> judgements = simulate({10, 10, 20, .4, .1, .2}, 5);
  const ConfusionRate a = confusion(judgements, 1, {}).rates[0], again = confusion(judgements, 1, {}).rates[0];
  CHECK(a.interval.low == again.interval.low);
  ConfusionOptions other;
  other.seed = 1;
  CHECK(confusion(judgements, 1, other).rates[0].interval.low != a.interval.low);
  for (Judgement& j : judgements) j.rater = j.rater * 3 + 1;
  const ConfusionRate gaps = confusion(judgements, 1, {}).rates[0];
  CHECK(gaps.raters == 10);
  CHECK(gaps.se == relative(a.se));
  CHECK(gaps.interval.low == relative(a.interval.low));
}

TEST_CASE("d': values of the normal distribution's tables") {
  CHECK(d_prime(.5) == 0);
  CHECK(d_prime(.25) == relative(std::sqrt(2.0) * .6744897501960817));
  CHECK(d_prime(.1586552539314571) == relative(std::sqrt(2.0)));
  CHECK(d_prime(.75) == relative(-d_prime(.25)));
  CHECK(std::isinf(d_prime(0)));
}

TEST_CASE("Holm's correction: an example by hand") {
  const std::vector<double> p = holm({.01, .04, .03, .005});
  CHECK(p[3] == relative(.02));
  CHECK(p[0] == relative(.03));
  CHECK(p[2] == relative(.06));
  CHECK(p[1] == relative(.06));  // not less than the previous one
  CHECK(holm({.6, .9})[1] == 1);
  CHECK(holm({}).empty());
}
