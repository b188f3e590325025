#include "study/crossed.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/relative.h"
#include "base/rng.h"
#include "study/power.h"

using namespace sr3;

TEST_CASE("Crossed variance: the numbers of SR3's design") {
  // With an ICC of .053 of raters and .17 of images, 50 raters x 50 trials on 100 images give +-5.4 points, not the
  // binomial's 2.0; 100 x 50 on 500 images +-3.1.
  const Icc icc{.053, .17};
  const auto half = [&](double raters, double trials, double images, const Icc& of) {
    return 196 * std::sqrt(crossed_variance(.5, raters * trials, raters, images, of));
  };
  CHECK(half(50, 50, 100, icc) == relative(5.4, .015));
  CHECK(half(100, 50, 500, icc) == relative(3.1, .015));
  CHECK(half(50, 50, 100, {}) == relative(1.96));
}

TEST_CASE("Crossed variance: known correlations are estimated") {
  // Values are sums of known effects; every rater sees two thirds of the images.
  const double rater = 2, image = 5, rest = 3;
  Icc mean;
  const int studies = 40;
  for (uint64_t s = 0; s < studies; ++s) {
    RandomStream random(5, s, 1000);
    std::vector<double> r, i;
    for (int k = 0; k < 60; ++k)
      r.push_back(std::sqrt(rater) * random.normal()), i.push_back(std::sqrt(image) * random.normal());
    std::vector<Contribution> values;
    for (int a = 0; a < 60; ++a)
      for (int b = 0; b < 60; ++b)
        if (random.below(3) > 0)
          values.push_back(
              {a, b, 7 + r[static_cast<size_t>(a)] + i[static_cast<size_t>(b)] + std::sqrt(rest) * random.normal()});
    const Icc icc = intraclass(values);
    mean.rater += icc.rater / studies, mean.image += icc.image / studies;
  }
  CHECK(mean.rater == relative(.2, .06));
  CHECK(mean.image == relative(.5, .04));
}

TEST_CASE("Crossed variance: the analysis of variance of a balanced table") {
  // 3 raters x 4 images, all judged: the moment estimates are those of the two-way table,
  // (MS_rater - MS_rest) / 4 and (MS_image - MS_rest) / 3.
  const double table[3][4] = {{1, 2, 4, 8}, {2, 2, 5, 11}, {0, 3, 3, 7}};
  double grand = 0, row[3] = {}, column[4] = {};
  std::vector<Contribution> values;
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 4; ++b) {
      grand += table[a][b] / 12, row[a] += table[a][b] / 4, column[b] += table[a][b] / 3;
      values.push_back({a, b, table[a][b]});
    }
  double of_rows = 0, of_columns = 0, rest = 0;
  for (int a = 0; a < 3; ++a) of_rows += 4 * std::pow(row[a] - grand, 2) / 2;
  for (int b = 0; b < 4; ++b) of_columns += 3 * std::pow(column[b] - grand, 2) / 3;
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 4; ++b) rest += std::pow(table[a][b] - row[a] - column[b] + grand, 2) / 6;
  const double rater = (of_rows - rest) / 4, image = (of_columns - rest) / 3, total = rater + image + rest;
  const Icc icc = intraclass(values);
  CHECK(icc.rater == relative(rater / total));
  CHECK(icc.image == relative(image / total));
}

TEST_CASE("Crossed variance: what cannot be estimated") {
  CHECK(intraclass({}).rater == 0);
  CHECK(intraclass({{0, 0, 1}}).image == 0);
  CHECK(intraclass({{0, 0, 1}, {1, 1, 0}, {2, 2, 1}}).rater == 0);  // one judgement each
  CHECK(intraclass({{0, 0, 1}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}}).rater == 0);
  CHECK(crossed_error({}, 0).variance == 0);
  CHECK(std::isinf(crossed_error({}, 0).df));
}

TEST_CASE("Power: raters and images for a margin, from the inverse of the formula") {
  PowerOptions options;  // +-5 points
  CHECK(needed_error(options) == relative(.05 / 1.959964));
  // The smallest number of raters: one fewer does not suffice.
  for (const int64_t images : {120, 200, 1000}) {
    const auto raters = raters_needed(options, 50, images);
    REQUIRE(raters);
    CHECK(1.959964 * study_error(options, *raters, 50, images) <= .05 * (1 + 1e-6));
    CHECK(1.959964 * study_error(options, *raters - 1, 50, images) > .05);
  }
  // p (1 - p) ICC_i / images < (margin / 1.96)^2: .0425 / images < .000650770 from 66 images on.
  CHECK(images_needed(options) == 66);
  CHECK(!raters_needed(options, 50, 65));
  CHECK(raters_needed(options, 50, 66));
  options.goal = "equivalence";  // 1.644854 + 1.281552
  CHECK(needed_error(options) == relative(.05 / 2.926405));
  options.goal = "difference";  // (1.959964 + 0.841621) sqrt(2)
  CHECK(needed_error(options) == relative(.05 / 2.801585 / 1.414214));
}
