// Which scores two sets allow, as far as it is known before their features are computed: by the numbers of images, and by
// what a file of statistics contains.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fid/compare.h"

namespace sr3 {

struct KnownSet {
  std::optional<int64_t> images;  // whose features there are; unknown for a stream or an archive
  bool features = true, probabilities = true, spatial = true;
  bool interval = true;  // has the features of all images, or sums of groups
};

// What is known of statistics.
KnownSet known_of(const Statistics& statistics);

// Why a score, named by its option ("--kid"), cannot be computed of `a` (generated) against `b`; "" if nothing is known
// against it.
std::string why_not(const std::string& score, const CompareOptions& options, const KnownSet& a, const KnownSet& b);

// Error with the first such reason among the scores of `options`, and for --ci, before any work.
void require_possible(const CompareOptions& options, const KnownSet& a, const KnownSet& b);

}  // namespace sr3
