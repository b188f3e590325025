// Comparison of numbers by their relative difference: CHECK(found == relative(expected, 0.01)).
#pragma once

#include <doctest/doctest.h>

// doctest adds 1 to the numbers before it takes epsilon of them, so that a small number would equal any other one.
inline doctest::Approx relative(double expected, double epsilon = 1e-5) {
  return doctest::Approx(expected).epsilon(epsilon).scale(0);
}
