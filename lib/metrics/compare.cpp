#include "metrics/compare.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "metrics/sample_scores.h"

namespace sr3 {
namespace {

constexpr double kNormal95 = 1.959963984540054;

// Whether one side says that it is the published Inception, and none that it is not.
bool is_inception(const Signature& a, const Signature& b) {
  const auto other = [](const Signature& s) { return !s.features.empty() && !s.inception; };
  return (a.inception || b.inception) && !other(a) && !other(b);
}

const at::Tensor& features_of(const Statistics& s, const char* side, const char* what) {
  if (!s.features.defined())
    throw Error(cat(what, " needs the features of the ", side,
                    " images: give images, or keep features in their statistics (--keep-features)"));
  return s.features;
}

void warn_of_lossy(const Signature& a, const Signature& b) {
  if (a.lossy < 0 || b.lossy < 0 || a.images < 1 || b.images < 1) return;
  const double x = static_cast<double>(a.lossy) / static_cast<double>(a.images);
  const double y = static_cast<double>(b.lossy) / static_cast<double>(b.images);
  if (std::fabs(x - y) > 0.01)
    warn(cat("of the first images ", a.lossy, " of ", a.images, " are JPEG, of the second ", b.lossy, " of ", b.images,
             ": compression alone moves the scores"));
}

void warn_of_few(const Statistics& s, const char* which) {
  if (const int64_t n = s.count(); n > 0 && n <= s.dimension())
    warn(cat("the ", which, " set has ", n, " images for ", s.dimension(),
             " dimensions: the distance is far too large at so few, and compares only with others of the same number"));
}

struct Side {
  double variance = 0;  // of the distance, from this side
  double bias = 0;      // of first order, where it is known
  bool known = false;
};

Side uncertainty(const Statistics& s, const Gaussian& own, const Gaussian& other, double distance) {
  if (s.features.defined())
    if (const auto error = frechet_standard_error(rounded_features(s.features), own, other))
      return {*error * *error, 0, true};
  int64_t used = 0;
  for (const Moments& group : s.pool) used += group.count() > 0;
  if (used < 2) return {};
  const Uncertain left = frechet_jackknife(s.pool, other, std::max<int64_t>(s.signature.ddof, 0));
  return {left.standard_error * left.standard_error, distance - left.value, true};
}

Measure distance_of(const Statistics& a, const Statistics& b, const CompareOptions& options, const std::string& name) {
  const Gaussian ga = a.gaussian(), gb = b.gaussian();
  Measure measure{name, frechet_distance(ga, gb), {}, {}, {}, {}};
  if (!options.ci) return measure;
  const Side left = uncertainty(a, ga, gb, measure.value), right = uncertainty(b, gb, ga, measure.value);
  if (!left.known)
    throw Error(
        "--ci needs more images than dimensions with their features (--keep-features), or sums of groups (--groups "
        "20), "
        "of the first set");
  if (!right.known)
    note("the second set counts as exact in the interval: it keeps neither features nor sums of groups");
  measure.standard_error = std::sqrt(left.variance + right.variance);
  const double centre = measure.value - left.bias - right.bias;
  measure.low = std::max(0.0, centre - kNormal95 * *measure.standard_error);
  measure.high = std::max(0.0, centre + kNormal95 * *measure.standard_error);
  return measure;
}

Measure with_interval(const std::string& name, const Uncertain& u, bool shown) {
  Measure measure{name, u.value, {}, {}, {}, {}};
  if (shown) {
    measure.standard_error = u.standard_error;
    measure.low = u.value - kNormal95 * u.standard_error;
    measure.high = u.value + kNormal95 * u.standard_error;
  }
  return measure;
}

Measure score_of_classes(const Statistics& a, const CompareOptions& options, const std::string& name) {
  if (!a.probabilities.defined())
    throw Error("--isc needs the class probabilities of the first images: give images, or statistics made with --isc");
  at::Tensor rows = a.probabilities;
  if (options.in_order) rows = rows.index_select(0, at::argsort(a.positions));
  const InceptionScore score = inception_score(rows, options.splits);
  return {name, score.mean, score.deviation, {}, {}, {}};
}

}  // namespace

void CompareOptions::declare(Options& options) {
  options.group("Scores beside the Frechet distance");
  options.add("kid", 0, &kid, "kernel distance over random subsets");
  options.add("kid-full", 0, &kid_full, "kernel distance over all pairs, without randomness");
  options.add("isc", 0, &isc, "Inception score of the first images; with stats: keep what it needs");
  options.add("sfid", 0, &sfid, "distance of spatial features; with stats: sum them too");
  options.add("prc", 0, &prc, "improved precision and recall");
  options.add("infinity", 0, &infinity, "the distance extrapolated to infinitely many of the first images");
  options.add("ci", 0, &ci, "standard error and 95% interval of the distance");
  options.add("subsets", 0, &subsets, "N", "subsets of --kid");
  options.add("subset-size", 0, &subset_size, "N", "images in each, at most as many as there are");
  options.add("splits", 0, &splits, "N", "parts of --isc");
  options.add("neighbours", 0, &neighbours, "K", "of --prc: a ball reaches to the K-th");
}

std::vector<Measure> compare(const Statistics& a, const Statistics& b, const CompareOptions& options) {
  const std::string field = difference(a.signature, b.signature);
  if (!field.empty()) {
    const std::string said = cat(field, " is ", values_of(field, a.signature, b.signature));
    if (!options.force) throw DataError(cat("cannot compare: ", said, " (--force compares them all the same)"));
    warn(said);
  }
  if (a.dimension() == 0 || b.dimension() == 0) throw DataError("nothing to compare: a set without images");
  if (a.dimension() != b.dimension())
    throw DataError(cat("cannot compare features of ", a.dimension(), " and of ", b.dimension(), " dimensions"));
  warn_of_lossy(a.signature, b.signature);
  warn_of_few(a, "first");
  warn_of_few(b, "second");
  if (!a.signature.set.empty() && a.signature.set == b.signature.set) warn("both sets hold the same images");

  const bool inception = is_inception(a.signature, b.signature);
  const std::string distance = inception ? "fid" : "frechet_distance", kernel = inception ? "kid" : "kernel_distance";
  std::vector<Measure> measures = {distance_of(a, b, options, distance)};
  if (options.infinity)
    measures.push_back(with_interval(distance + "_infinity",
                                     frechet_infinity(features_of(a, "first", "--infinity"), b.gaussian(),
                                                      std::max<int64_t>(a.signature.ddof, 0), options.seed),
                                     true));
  if (options.sfid) {
    const auto ga = a.spatial_gaussian(), gb = b.spatial_gaussian();
    if (!ga || !gb)
      throw Error(
          cat("--sfid needs spatial features of the ", ga ? "second" : "first", " images: their statistics have none"));
    measures.push_back({inception ? "sfid" : "spatial_frechet_distance", frechet_distance(*ga, *gb), {}, {}, {}, {}});
  }
  if (options.kid) {
    const Kid found = kid(features_of(a, "first", "--kid"), features_of(b, "second", "--kid"),
                          {options.subsets, options.subset_size, options.seed});
    measures.push_back({kernel, found.mean, found.deviation, {}, {}, {}});
  }
  if (options.kid_full)
    measures.push_back(
        with_interval(kernel + "_full",
                      kid_full(features_of(a, "first", "--kid-full"), features_of(b, "second", "--kid-full")), true));
  if (options.isc) measures.push_back(score_of_classes(a, options, inception ? "inception_score" : "classifier_score"));
  if (options.prc) {
    const PrecisionRecall found =
        precision_recall(features_of(b, "second", "--prc"), features_of(a, "first", "--prc"), options.neighbours);
    measures.push_back({"precision", found.precision, {}, {}, {}, {}});
    measures.push_back({"recall", found.recall, {}, {}, {}, {}});
  }
  return measures;
}

}  // namespace sr3
