#include "base/distribution.h"
#include "base/relative.h"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>

using namespace sr3;

TEST_CASE("Normal distribution: tables") {
  CHECK(normal_cdf(0) == .5);
  CHECK(normal_cdf(1.959963984540054) == relative(.975, 1e-14));
  CHECK(normal_quantile(.975) == relative(1.959963984540054, 1e-12));
  CHECK(normal_quantile(.95) == relative(1.6448536269514722, 1e-12));
  CHECK(normal_quantile(1e-10) == relative(-6.361340902404056, 1e-12));
  CHECK(std::isinf(normal_quantile(0)));
  CHECK(normal_quantile(1) == std::numeric_limits<double>::infinity());
}

TEST_CASE("Student's distribution: tables, and closed forms of 1 and 2 degrees of freedom") {
  for (const double t : {-30.0, -2.0, -.1, 0.0, .5, 3.0}) {
    CHECK(student_cdf(t, 1) == relative(.5 + std::atan(t) / 3.14159265358979323846, 1e-12));
    CHECK(student_cdf(t, 2) == relative(.5 + t / (2 * std::sqrt(2 + t * t)), 1e-12));
  }
  CHECK(student_quantile(.975, 10) == relative(2.228139, 1e-6));
  CHECK(student_quantile(.95, 5) == relative(2.015048, 1e-6));
  CHECK(student_quantile(.025, 30) == relative(-2.042272, 1e-6));
  CHECK(student_quantile(.975, 1e6) == relative(1.959966, 1e-6));
  CHECK(student_quantile(.975, 1e12) == relative(1.959964, 1e-6));
  CHECK(student_quantile(.975, 1) == relative(12.7062, 1e-5));
}
