// The numbers that an option or a key of a manifest accepts, declared once where it is declared: the same range is
// checked, shown by --help and listed in stage-manifest(5).
#pragma once

#include <limits>
#include <string>

namespace sr3 {

struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool low_open = false, high_open = false;  // the limit itself is outside
  bool holds(double value) const;            // never for NaN and infinities
  std::string text() const;                  // "any", "0 to 1", ">= 0", "> 0", "0 to <1"
};
constexpr Range any_number() { return {}; }
constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range above(double low) { return {.low = low, .low_open = true}; }
constexpr Range within(double low, double high) { return {.low = low, .high = high}; }
// Without the limits themselves, or without the upper one.
constexpr Range between(double low, double high) {
  return {.low = low, .high = high, .low_open = true, .high_open = true};
}
constexpr Range from_to_below(double low, double high) { return {.low = low, .high = high, .high_open = true}; }

}  // namespace sr3
