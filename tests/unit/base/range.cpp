#include "base/range.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace sr3;

TEST_CASE("a range holds its limits unless they are open, and never NaN or infinity") {
  CHECK(within(0, 1).holds(0));
  CHECK(within(0, 1).holds(1));
  CHECK_FALSE(within(0, 1).holds(1.001));
  CHECK_FALSE(between(0, 1).holds(0));
  CHECK_FALSE(between(0, 1).holds(1));
  CHECK(from_to_below(0, 1).holds(0));
  CHECK_FALSE(from_to_below(0, 1).holds(1));
  CHECK(at_least(-2).holds(-2));
  CHECK_FALSE(above(-2).holds(-2));
  CHECK(any_number().holds(-1e300));
  for (const double no_number : {NAN, INFINITY, -INFINITY}) CHECK_FALSE(any_number().holds(no_number));
}

TEST_CASE("a range's text has whole numbers in full") {
  CHECK(any_number().text() == "any");
  CHECK(at_least(0).text() == ">= 0");
  CHECK(above(0.5).text() == "> 0.5");
  CHECK(within(-1, 1000000).text() == "-1 to 1000000");
  CHECK(between(0, 0.5).text() == ">0 to <0.5");
  CHECK(from_to_below(0, 1).text() == "0 to <1");
  CHECK(within(3, 3).text() == "3");
  CHECK(Range{.high = 7}.text() == "<= 7");
}
