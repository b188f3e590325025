#include "fid/possible.h"

#include <algorithm>

#include "base/error.h"

namespace sr3 {
namespace {

constexpr int64_t kInfinityImages = 2 * kInfinityPoints;

// The smaller number of images, as far as it is known.
std::optional<int64_t> fewest(const KnownSet& a, const KnownSet& b) {
  if (!a.images || !b.images) return a.images ? a.images : b.images;
  return std::min(*a.images, *b.images);
}

std::string lacks_features(const std::string& score, const char* side) {
  return cat(score, " needs the features of the ", side,
             " images: give images, or keep features in their statistics (--keep-features)");
}

std::string why_not_isc(const CompareOptions& options, const KnownSet& a) {
  if (!a.probabilities)
    return "--isc needs the class probabilities of the first images: give images, or statistics made with --isc";
  if (a.images && *a.images < options.splits)
    return cat("--isc: cannot compute an Inception score in ", options.splits, " splits of ", *a.images,
               " images (--splits)");
  return "";
}

}  // namespace

KnownSet known_of(const Statistics& s) {
  KnownSet known;
  known.features = s.features.defined();
  known.probabilities = s.probabilities.defined();
  known.spatial = s.given_spatial || !s.spatial.empty();
  const auto groups = std::count_if(s.pool.begin(), s.pool.end(), [](const Moments& m) { return m.count() > 0; });
  known.interval = (known.features && !s.sample) || groups > 1;
  if (known.features)
    known.images = s.features.size(0);
  else if (s.count() > 0)
    known.images = s.count();
  return known;
}

std::string why_not(const std::string& score, const CompareOptions& options, const KnownSet& a, const KnownSet& b) {
  if (score == "--isc") return why_not_isc(options, a);
  if (score == "--sfid")
    return a.spatial && b.spatial
               ? ""
               : cat("--sfid needs spatial features of the ", a.spatial ? "second" : "first",
                     " images, which their statistics do not contain: give images, or statistics ", "made with --sfid");
  if (!a.features) return lacks_features(score, "first");
  if (score == "--infinity")
    return a.images && *a.images < kInfinityImages ? cat("--infinity: cannot extrapolate from ", *a.images,
                                                         " images: at least ", kInfinityImages, " are needed")
                                                   : "";
  if (!b.features) return lacks_features(score, "second");
  const auto few = fewest(a, b);
  if (score == "--prc" && few && *few <= options.neighbours)
    return cat("--prc: precision and recall need more than ", options.neighbours, " images in each set (--neighbours)");
  if (score != "--prc" && few && *few < 2)
    return cat(score, ": a kernel distance needs at least two images in each set");
  return "";
}

void require_possible(const CompareOptions& options, const KnownSet& a, const KnownSet& b) {
  for (const std::string& score : options.scores())
    if (const std::string why = why_not(score, options, a, b); !why.empty()) throw Error(why);
  if (options.ci && !a.interval)
    throw Error(
        "--ci needs the features of the first images (--keep-features), or sums of groups of them (--groups 20): their "
        "statistics contain neither");
}

}  // namespace sr3
