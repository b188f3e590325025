// The scores of one set of images against another, from their statistics, as fid(1) prints them. Names say what was
// looked through: "fid" only through the published Inception; through anything else "frechet_distance".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fid/kid.h"
#include "fid/statistics.h"

namespace sr3 {

class Options;

struct CompareOptions {
  bool sfid = false, isc = false, kid = false, kid_full = false, prc = false, infinity = false, ci = false;
  int64_t subsets = KidOptions{}.subsets, subset_size = KidOptions{}.size, splits = 10, neighbours = 3;
  bool in_order = false;  // the Inception score in the order of the input, not of the images' hashes (the adm profile)
  bool force = false;
  uint64_t seed = 0;
  // All but force, in_order and seed.
  void declare(Options& options);
  // Of each side: what cannot be had from sums.
  bool needs_features() const { return kid || kid_full || prc || infinity || ci; }
  // Of a side whose mean and covariance are known without them.
  bool needs_sample(bool first) const { return kid || kid_full || prc || (first && (infinity || isc)); }
};

struct Measure {
  std::string name;
  double value = 0;
  std::optional<double> deviation;  // over subsets or splits; no standard error
  std::optional<double> standard_error;
  std::optional<double> low, high;  // 95% interval
};

// a: generated, b: reference. DataError when they were made unlike each other (names the field; only a warning with
// force) or of other dimensions; Error when what is wanted was not kept.
std::vector<Measure> compare(const Statistics& a, const Statistics& b, const CompareOptions& options);

}  // namespace sr3
