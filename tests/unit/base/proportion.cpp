#include "base/proportion.h"
#include "base/relative.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace sr3;

TEST_CASE("Wilson's interval: published values") {
  struct {
    double hits;
    int64_t n;
    double low, high;
  } const known[] = {
      {1185, 2500, .454482, .493598}, {25, 50, .366445, .633555}, {0, 50, 0, .071348}, {7, 10, .396778, .892209}};
  for (const auto& [hits, n, low, high] : known) {
    CHECK(std::abs(wilson(hits, n).low - low) < 1e-6);
    CHECK(std::abs(wilson(hits, n).high - high) < 1e-6);
    CHECK(std::abs(wilson(static_cast<double>(n) - hits, n).low - (1 - high)) < 1e-6);
  }
  CHECK(wilson(0, 50).low == 0);
  CHECK(wilson(50, 50).high == 1);
  CHECK(wilson(0, 0).high == 1);
}

TEST_CASE("McNemar's exact test: binomial tails computed by hand") {
  CHECK(mcnemar(0, 0) == 1);
  CHECK(mcnemar(1, 0) == 1);
  CHECK(mcnemar(0, 5) == relative(2.0 / 32));
  CHECK(mcnemar(2, 8) == relative(2.0 * (1 + 10 + 45) / 1024));
  CHECK(mcnemar(8, 2) == relative(mcnemar(2, 8)));
  CHECK(mcnemar(5, 5) == 1);
  CHECK(mcnemar(1000, 2000) < 1e-70);
  CHECK(mcnemar(1000, 2000) > 0);
}

TEST_CASE(
    "the paired interval: independently computed values of Agresti and Min's formula, and a width without "
    "discordance") {
  struct {
    int64_t a, b, n;
    double low, high;
  } const known[] = {{30, 10, 1000, .00749636063, .03242379905},
                     {0, 0, 50, -.03769161509, .03769161509},
                     {0, 5, 5, -1, -.27794524775},
                     {12, 0, 12, .62649584352, 1},
                     {1, 0, 12, -.12299007697, .26584721983}};
  for (const auto& [a, b, n, low, high] : known) {
    CHECK(paired_difference(a, b, n).low == relative(low, 1e-9));
    CHECK(paired_difference(a, b, n).high == relative(high, 1e-9));
    CHECK(paired_difference(b, a, n).low == relative(-high, 1e-9));
  }
  CHECK(paired_difference(0, 0, 0).high == 1);
}
