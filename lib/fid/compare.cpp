#include "fid/compare.h"

#include <cmath>
#include <tuple>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "fid/interval.h"
#include "fid/sample_scores.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr double kNormal95 = 1.959963984540054;

// Whether at least one side's features are known to be those of the published Inception, and neither side's are known
// to be those of another network.
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
    warn(cat("JPEG files make up ", a.lossy, " of ", a.images, " images of the first set, ", b.lossy, " of ", b.images,
             " of the second: compression alone changes the scores"));
}

void warn_of_few(const Statistics& s, const char* which) {
  if (const int64_t n = s.count(); n > 0 && n <= s.dimension())
    warn(
        cat("the ", which, " set has ", n, " images for ", s.dimension(),
            " dimensions: with so few, the distance is far too large, and comparable only between sets of equal size"));
}

Measure distance_of(const Statistics& a, const Statistics& b, const CompareOptions& options, const std::string& name) {
  const Gaussian ga = a.gaussian(), gb = b.gaussian();
  Measure measure{name, frechet_distance(ga, gb), {}, {}, {}, {}};
  if (!options.ci) return measure;
  if (const auto interval = frechet_interval(a, b, ga, gb, measure.value)) {
    measure.standard_error = interval->standard_error;
    measure.low = interval->low, measure.high = interval->high;
  }
  return measure;
}

// The signature of the features, which may be those of a sample of the images.
const Signature& made(const Statistics& s) { return s.sample ? *s.sample : s.signature; }

void check_alike(const Signature& a, const Signature& b, bool force) {
  const std::string field = difference(a, b);
  if (field.empty()) return;
  const std::string message = cat("the sets differ in ", field, ": ", values_of(field, a, b));
  if (!force) throw DataError(cat("cannot compare: ", message, " (--force compares them anyway)"));
  warn(message);
}

void check_size(const Statistics& s, const char* which) {
  if (s.dimension() == 0) throw DataError(cat("cannot compare: the ", which, " set contains no images"));
  if (s.mergeable() && s.count() <= s.ddof())
    throw DataError(cat("cannot compare: the ", which, " set has ", s.count(),
                        " image, and a covariance needs at least ", s.ddof() + 1));
}

Measure with_interval(const std::string& name, const Uncertain& u) {
  const double half = kNormal95 * u.standard_error;
  return {name, u.value, {}, u.standard_error, u.value - half, u.value + half};
}

Measure score_of_classes(const Statistics& a, const CompareOptions& options, const std::string& name) {
  if (!a.probabilities.defined())
    throw Error("--isc needs the class probabilities of the first images: give images, or statistics made with --isc");
  at::Tensor rows = a.probabilities;
  if (options.in_order) {
    at::Tensor places, order;
    if (a.positions.defined())
      std::tie(places, order) = at::sort(a.positions, /*stable=*/true, 0, /*descending=*/false);
    if (!places.defined() || (places.diff() == 0).any().item<bool>())
      throw Error(
          "--isc: --profile adm takes the first images in the order of the input, which their statistics do not "
          "contain: they were merged from sets that each count from 0; give images, or merge the parts of one job "
          "(--shard)");
    rows = rows.index_select(0, order);
  }
  const InceptionScore score = inception_score(rows, options.splits);
  return {name, score.mean, score.deviation, {}, {}, {}};
}

}  // namespace

void CompareOptions::declare(Options& options) {
  options.group(groups::kScores);
  options.add("kid", 0, &kid, "kernel distance over random subsets");
  options.add("kid-full", 0, &kid_full, "kernel distance over all pairs, without randomness");
  options.add("isc", 0, &isc, "Inception score of the first images; with stats: keep what it needs");
  options.add("sfid", 0, &sfid, "distance of spatial features; with stats: sum them too");
  options.add("prc", 0, &prc, "improved precision and recall");
  options.add("infinity", 0, &infinity, "the distance extrapolated to infinitely many of the first images");
  options.add("ci", 0, &ci, "standard error and 95% interval of the distance");
  options.add("subsets", 0, &subsets, "N", at_least(1), "subsets of --kid");
  options.add("subset-size", 0, &subset_size, "N", at_least(2), "images in each, at most as many as there are");
  options.add("splits", 0, &splits, "N", at_least(1), "parts of --isc");
  options.add("neighbours", 0, &neighbours, "K", at_least(1),
              "of --prc: the radius of a ball is the distance to the K-th neighbour");
}

std::vector<Measure> compare(const Statistics& a, const Statistics& b, const CompareOptions& options) {
  check_alike(a.signature, b.signature, options.force);
  if (a.sample || b.sample) check_alike(made(a), made(b), options.force);
  check_size(a, "first");
  check_size(b, "second");
  if (a.dimension() != b.dimension())
    throw DataError(cat("cannot compare features of ", a.dimension(), " and of ", b.dimension(), " dimensions"));
  warn_of_lossy(a.signature, b.signature);
  warn_of_few(a, "first");
  warn_of_few(b, "second");
  if (!a.signature.set.empty() && a.signature.set == b.signature.set) warn("both sets hold the same images");

  const bool inception = is_inception(a.signature, b.signature);
  const std::string distance = inception ? "fid" : "frechet_distance";
  const std::string kernel = is_inception(made(a), made(b)) ? "kid" : "kernel_distance";
  std::vector<Measure> measures = {distance_of(a, b, options, distance)};
  if (options.infinity) {
    const Uncertain fit = frechet_infinity(features_of(a, "first", "--infinity"), b.gaussian(), a.ddof(), options.seed);
    // The subsets overlap, so the standard error of the fitted line is not that of the distance: it gives no interval.
    measures.push_back({distance + "_infinity", fit.value, {}, fit.standard_error, {}, {}});
  }
  if (options.sfid) {
    const auto ga = a.spatial_gaussian(), gb = b.spatial_gaussian();
    if (!ga || !gb)
      throw Error(cat("--sfid needs spatial features of the ", ga ? "second" : "first",
                      " images, which their statistics do not contain: give images, or statistics made with --sfid"));
    measures.push_back({inception ? "sfid" : "spatial_frechet_distance", frechet_distance(*ga, *gb), {}, {}, {}, {}});
  }
  if (options.kid) {
    const Kid found = kid(features_of(a, "first", "--kid"), features_of(b, "second", "--kid"),
                          {options.subsets, options.subset_size, options.seed});
    measures.push_back({kernel, found.mean, found.deviation, {}, {}, {}});
  }
  if (options.kid_full)
    measures.push_back(with_interval(
        kernel + "_full", kid_full(features_of(a, "first", "--kid-full"), features_of(b, "second", "--kid-full"))));
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
