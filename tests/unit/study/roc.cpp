#include "study/roc.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "base/proportion.h"
#include "base/relative.h"

using namespace sr3;

TEST_CASE("Separation: counted pair by pair") {
  const std::vector<double> real = {3, 5, 5, 8, 9, 2.5}, generated = {1, 3, 4, 5, 6};
  double above = 0;
  for (const double r : real)
    for (const double g : generated) above += g > r ? 1 : g == r ? .5 : 0;
  const Separation s = separation(real, generated);
  CHECK(s.confusion == relative(above / 30));
  // DeLong's variance from the placements, computed by plain counting.
  const auto spread = [](const std::vector<double>& v) {
    double mean = 0, sum = 0;
    for (const double x : v) mean += x / static_cast<double>(v.size());
    for (const double x : v) sum += (x - mean) * (x - mean);
    return sum / static_cast<double>(v.size() - 1) / static_cast<double>(v.size());
  };
  std::vector<double> g_place, r_place;
  for (const double g : generated) {
    double share = 0;
    for (const double r : real) share += (g > r ? 1 : g == r ? .5 : 0) / 6;
    g_place.push_back(share);
  }
  for (const double r : real) {
    double share = 0;
    for (const double g : generated) share += (g > r ? 1 : g == r ? .5 : 0) / 5;
    r_place.push_back(share);
  }
  CHECK(s.se == relative(std::sqrt(spread(g_place) + spread(r_place))));
  CHECK(s.interval.low > 0);
  CHECK(s.interval.low < s.confusion);
  CHECK(s.interval.high > s.confusion);
  CHECK(separation({1, 1, 1}, {1, 1}).confusion == .5);
  const Separation apart = separation({5, 6, 7}, {1, 2});
  CHECK(apart.confusion == 0);
  CHECK(apart.interval.high == relative(wilson(0, 2).high));
  CHECK_THROWS(separation({}, {1}));
}
