#include "fid/interval.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"

namespace sr3 {
namespace {

constexpr double kNormal975 = 1.959963984540054;

struct Side {
  double variance = 0;  // this side's part of the variance of the distance
  double bias = 0;      // this side's first-order bias; 0 if it is not known
};

Error too_few(const char* which, int64_t images, const std::string& left, int64_t dimensions, int64_t needed) {
  return Error(cat("--ci: the ", which, " set has ", images, " images", left, " for ", dimensions,
                   " dimensions: at least ", needed, " are needed"));
}

// Nothing if the side has neither the features of all its images nor sums of groups.
std::optional<Side> side_of(const Statistics& s, const char* which, const Gaussian& own, const Gaussian& other,
                            double distance) {
  // The features of a sample say nothing about the covariance of all images.
  const bool features = s.features.defined() && !s.sample;
  const int64_t n = features ? s.features.size(0) : s.count(), d = s.dimension();
  int64_t used = 0, largest = 0;
  for (const Moments& group : s.pool) used += group.count() > 0, largest = std::max(largest, group.count());
  if (!features && used < 2) return std::nullopt;
  if (n <= d && used < 2) throw too_few(which, n, "", d, d + 1);
  if (features)
    if (const auto error = frechet_standard_error(rounded_features(s.features), own, other))
      return Side{*error * *error, 0};
  if (used < 2)
    throw Error(
        cat("--ci: the covariance of the ", which,
            " images' features is singular: some features do not vary independently; sums of groups (--groups 20) "
            "give an interval anyway"));
  // Without a group the covariance must still have full rank, or the distances would not be comparable with the one of
  // all groups.
  if (n - largest <= d)
    throw too_few(which, n, cat(", and without the largest of its ", used, " groups ", n - largest, ","), d,
                  d + 1 +
                      static_cast<int64_t>(std::ceil(static_cast<double>(d + 1) / static_cast<double>(n - largest) *
                                                     static_cast<double>(largest))));
  const Uncertain left = frechet_jackknife(s.pool, other, s.ddof());
  return Side{left.standard_error * left.standard_error, distance - left.value};
}

}  // namespace

std::optional<FrechetInterval> frechet_interval(const Statistics& a, const Statistics& b, const Gaussian& ga,
                                                const Gaussian& gb, double distance) {
  if (!a.signature.set.empty() && a.signature.set == b.signature.set) return std::nullopt;
  const auto left = side_of(a, "first", ga, gb, distance);
  if (!left)
    throw Error(
        "--ci needs the features of the first images (--keep-features), or sums of groups of them (--groups 20): their "
        "statistics contain neither");
  const auto right = side_of(b, "second", gb, ga, distance);
  if (!right)
    info(
        "the interval treats the second set as exact: it has neither the features of all its images nor sums of "
        "groups");
  const Side none, &exact = right ? *right : none;
  FrechetInterval interval;
  interval.standard_error = std::sqrt(left->variance + exact.variance);
  const double centre = distance - left->bias - exact.bias, half = kNormal975 * interval.standard_error;
  if (centre + half > 0)
    interval.low = std::max(0.0, centre - half), interval.high = centre + half;
  else
    info("no interval: with so few images, the distance is all bias");
  return interval;
}

}  // namespace sr3
