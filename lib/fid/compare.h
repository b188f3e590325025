// The scores of one set of images against another, computed from their statistics, as fid(1) prints them. Their names
// depend on the feature network: "fid" and "kid" are reserved for the published Inception; with any other network the
// scores are called "frechet_distance" and "kernel_distance".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "fid/kid.h"
#include "fid/statistics.h"

namespace sr3 {

class Options;

struct CompareOptions {
  bool sfid = false, isc = false, kid = false, kid_full = false, prc = false, infinity = false, ci = false;
  int64_t subsets = KidOptions{}.subsets, subset_size = KidOptions{}.size, splits = 10, neighbours = 3;
  bool in_order = false;  // split the images in input order for the Inception score, not by their hashes (profile adm)
  bool force = false;
  uint64_t seed = 0;
  // Declares the options of all members except force, in_order and seed.
  void declare(Options& options);
  // The scores beside the distance that are wanted, by their options: "--kid", ...
  std::vector<std::string> scores() const;
  // Whether the scores need the features of each image and not only their sums.
  bool needs_features() const { return kid || kid_full || prc || infinity || ci; }
  // Whether the scores need the features or probabilities of images on one side whose mean and covariance are given.
  bool needs_sample(bool first) const { return kid || kid_full || prc || (first && (infinity || isc)); }
};

struct Measure {
  std::string name;
  std::optional<double> value;      // empty if it cannot be computed
  std::optional<double> deviation;  // standard deviation over subsets or splits; not a standard error
  std::optional<double> standard_error;
  std::optional<double> low, high;  // 95% interval
};

struct Comparison {
  std::vector<Measure> measures;      // the distance, and all scores that are wanted
  std::vector<std::string> failures;  // why some of them have no value, or the distance no interval
};

// The scores of the generated images `a` against the reference images `b`. A score that cannot be computed has no value,
// so that the others are not lost. DataError if their signatures differ (with options.force only a warning), if their
// features have different dimensions, or if a set has too few images for a distance.
Comparison compare(const Statistics& a, const Statistics& b, const CompareOptions& options);

// The error about a set of so few images that it has no covariance; `which` is "first" or "second".
DataError too_few_images(const char* which, int64_t images, int64_t ddof);
// DataError if statistics with these signatures cannot be compared; with `force` only a warning.
void check_alike(const Signature& a, const Signature& b, bool force);

}  // namespace sr3
