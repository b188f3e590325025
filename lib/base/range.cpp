#include "base/range.h"

#include <cmath>

#include "base/error.h"

namespace sr3 {

namespace {

// "1000000", where a stream would print 1e+06.
std::string limit_text(double value) {
  constexpr double kExact = 1e15;  // whole numbers up to here are exact
  const bool whole = value == std::floor(value) && std::abs(value) < kExact;
  return whole ? cat(static_cast<long long>(value)) : cat(value);
}

}  // namespace

bool Range::holds(double value) const {
  return std::isfinite(value) && (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
}

std::string Range::text() const {
  const std::string from = limit_text(low), to = limit_text(high);
  if (low == high) return from;
  if (std::isfinite(low) && std::isfinite(high))
    return cat(low_open ? ">" : "", from, " to ", high_open ? "<" : "", to);
  if (std::isfinite(low)) return cat(low_open ? "> " : ">= ", from);
  if (std::isfinite(high)) return cat(high_open ? "< " : "<= ", to);
  return "any";
}

}  // namespace sr3
