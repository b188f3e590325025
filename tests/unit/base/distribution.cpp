#include "base/distribution.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "study/roc.h"

using namespace sr3;

TEST_CASE("Normal distribution: tables") {
  CHECK(normal_cdf(0) == .5);
  CHECK(normal_cdf(1.959963984540054) == doctest::Approx(.975).epsilon(1e-14));
  CHECK(normal_quantile(.975) == doctest::Approx(1.959963984540054).epsilon(1e-12));
  CHECK(normal_quantile(.95) == doctest::Approx(1.6448536269514722).epsilon(1e-12));
  CHECK(normal_quantile(1e-10) == doctest::Approx(-6.361340902404056).epsilon(1e-12));
  CHECK(std::isinf(normal_quantile(0)));
  CHECK(normal_quantile(1) == std::numeric_limits<double>::infinity());
}

TEST_CASE("Student's distribution: tables, and closed forms of 1 and 2 degrees of freedom") {
  for (const double t : {-30.0, -2.0, -.1, 0.0, .5, 3.0}) {
    CHECK(student_cdf(t, 1) == doctest::Approx(.5 + std::atan(t) / 3.14159265358979323846).epsilon(1e-12));
    CHECK(student_cdf(t, 2) == doctest::Approx(.5 + t / (2 * std::sqrt(2 + t * t))).epsilon(1e-12));
  }
  CHECK(student_quantile(.975, 10) == doctest::Approx(2.228139).epsilon(1e-6));
  CHECK(student_quantile(.95, 5) == doctest::Approx(2.015048).epsilon(1e-6));
  CHECK(student_quantile(.025, 30) == doctest::Approx(-2.042272).epsilon(1e-6));
  CHECK(student_quantile(.975, 1e6) == doctest::Approx(1.959966).epsilon(1e-6));
  CHECK(student_quantile(.975, 1e12) == doctest::Approx(1.959964).epsilon(1e-6));
  CHECK(student_quantile(.975, 1) == doctest::Approx(12.7062).epsilon(1e-5));
}

TEST_CASE("Separation: counted pair by pair") {
  const std::vector<double> real = {3, 5, 5, 8, 9, 2.5}, generated = {1, 3, 4, 5, 6};
  double above = 0;
  for (const double r : real)
    for (const double g : generated) above += g > r ? 1 : g == r ? .5 : 0;
  const Separation s = separation(real, generated);
  CHECK(s.confusion == doctest::Approx(above / 30));
  // DeLong's variance from the placements, counted plainly.
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
  CHECK(s.se == doctest::Approx(std::sqrt(spread(g_place) + spread(r_place))));
  CHECK(s.interval.low > 0);
  CHECK(s.interval.low < s.confusion);
  CHECK(s.interval.high > s.confusion);
  CHECK(separation({1, 1, 1}, {1, 1}).confusion == .5);
  const Separation apart = separation({5, 6, 7}, {1, 2});
  CHECK(apart.confusion == 0);
  CHECK(apart.interval.high == doctest::Approx(wilson(0, 2).high));
  CHECK_THROWS(separation({}, {1}));
}
