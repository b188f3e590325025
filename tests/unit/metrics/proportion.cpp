#include "metrics/proportion.h"

#include <doctest/doctest.h>

using namespace sr3;

TEST_CASE("Wilson's interval: published values") {
  struct {
    double hits;
    int64_t n;
    double low, high;
  } const known[] = {
      {1185, 2500, .454482, .493598}, {25, 50, .366445, .633555}, {0, 50, 0, .071348}, {7, 10, .396778, .892209}};
  for (const auto& [hits, n, low, high] : known) {
    CHECK(wilson(hits, n).low == doctest::Approx(low).epsilon(2e-6));
    CHECK(wilson(hits, n).high == doctest::Approx(high).epsilon(2e-6));
    CHECK(wilson(static_cast<double>(n) - hits, n).low == doctest::Approx(1 - high).epsilon(2e-6));
  }
  CHECK(wilson(0, 50).low == 0);
  CHECK(wilson(50, 50).high == 1);
  CHECK(wilson(0, 0).high == 1);
}

TEST_CASE("McNemar's exact test: binomial tails by hand") {
  CHECK(mcnemar(0, 0) == 1);
  CHECK(mcnemar(1, 0) == 1);
  CHECK(mcnemar(0, 5) == doctest::Approx(2.0 / 32));
  CHECK(mcnemar(2, 8) == doctest::Approx(2.0 * (1 + 10 + 45) / 1024));
  CHECK(mcnemar(8, 2) == doctest::Approx(mcnemar(2, 8)));
  CHECK(mcnemar(5, 5) == 1);
  CHECK(mcnemar(1000, 2000) < 1e-70);
  CHECK(mcnemar(1000, 2000) > 0);
  const Interval d = paired_difference(30, 10, 1000);
  CHECK((d.low + d.high) / 2 == doctest::Approx(0.02));
  CHECK((d.high - d.low) / 2 == doctest::Approx(1.959964 * 6.3119e-3).epsilon(1e-4));  // sqrt(40 - 0.4) / 1000
}
