#include "fid/compare.h"

#include <cmath>
#include <tuple>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "fid/interval.h"
#include "fid/possible.h"
#include "fid/sample_scores.h"
#include "tensor/aten.h"

namespace sr3 {

DataError too_few_images(const char* which, int64_t images, int64_t ddof) {
  return DataError(cat("cannot compare: the ", which, " set has ", images, images == 1 ? " image" : " images",
                       ", and a covariance needs at least ", ddof + 1));
}

namespace {

constexpr double kNormal95 = 1.959963984540054;

// Whether at least one side's features are known to be those of the published Inception, and neither side's are known
// to be those of another network.
bool is_inception(const Signature& a, const Signature& b) {
  const auto other = [](const Signature& s) { return !s.features.empty() && !s.inception; };
  return (a.inception || b.inception) && !other(a) && !other(b);
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

Measure distance_of(const Statistics& a, const Statistics& b, const CompareOptions& options, const std::string& name,
                    std::vector<std::string>& failures) {
  const Gaussian ga = a.gaussian(), gb = b.gaussian();
  const double distance = frechet_distance(ga, gb);
  Measure measure{name, distance, {}, {}, {}, {}};
  if (!options.ci) return measure;
  try {
    if (const auto interval = frechet_interval(a, b, ga, gb, distance)) {
      measure.standard_error = interval->standard_error;
      measure.low = interval->low, measure.high = interval->high;
    }
  } catch (const Error& error) {
    failures.emplace_back(error.what());
  }
  return measure;
}

// The signature of the features, which may be those of a sample of the images.
const Signature& made(const Statistics& s) { return s.sample ? *s.sample : s.signature; }

void check_size(const Statistics& s, const char* which) {
  if (s.dimension() == 0) throw DataError(cat("cannot compare: the ", which, " set contains no images"));
  if (s.mergeable() && s.count() <= s.ddof()) throw too_few_images(which, s.count(), s.ddof());
}

Measure with_interval(const std::string& name, const Uncertain& u) {
  const double half = kNormal95 * u.standard_error;
  return {name, u.value, {}, u.standard_error, u.value - half, u.value + half};
}

Measure score_of_classes(const Statistics& a, const CompareOptions& options, const std::string& name) {
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

std::vector<std::string> CompareOptions::scores() const {
  std::vector<std::string> wanted;
  for (const auto& [score, is_wanted] : {std::pair("--infinity", infinity),
                                         {"--sfid", sfid},
                                         {"--kid", kid},
                                         {"--kid-full", kid_full},
                                         {"--isc", isc},
                                         {"--prc", prc}})
    if (is_wanted) wanted.emplace_back(score);
  return wanted;
}

void check_alike(const Signature& a, const Signature& b, bool force) {
  const std::string field = difference(a, b);
  if (field.empty()) return;
  const std::string message = cat("the sets differ in ", field, ": ", values_of(field, a, b));
  if (!force) throw DataError(cat("cannot compare: ", message, " (--force compares them anyway)"));
  warn(message);
}

namespace {

// The rows of the table for one score; their names depend on the networks.
std::vector<std::string> names_of_score(const std::string& score, bool inception, const std::string& kernel) {
  if (score == "--infinity") return {inception ? "fid_infinity" : "frechet_distance_infinity"};
  if (score == "--sfid") return {inception ? "sfid" : "spatial_frechet_distance"};
  if (score == "--kid") return {kernel};
  if (score == "--kid-full") return {kernel + "_full"};
  if (score == "--isc") return {inception ? "inception_score" : "classifier_score"};
  return {"precision", "recall"};
}

// Their values, under these names.
std::vector<Measure> measured(const std::string& score, const std::vector<std::string>& names, const Statistics& a,
                              const Statistics& b, const CompareOptions& options) {
  if (score == "--infinity") {
    const Uncertain fit = frechet_infinity(a.features, b.gaussian(), a.ddof(), options.seed);
    // The subsets overlap, so the standard error of the fitted line is not that of the distance: it gives no interval.
    return {{names[0], fit.value, {}, fit.standard_error, {}, {}}};
  }
  if (score == "--sfid")
    return {{names[0], frechet_distance(*a.spatial_gaussian(), *b.spatial_gaussian()), {}, {}, {}, {}}};
  if (score == "--kid") {
    const Kid found = kid(a.features, b.features, {options.subsets, options.subset_size, options.seed});
    return {{names[0], found.mean, found.deviation, {}, {}, {}}};
  }
  if (score == "--kid-full") return {with_interval(names[0], kid_full(a.features, b.features))};
  if (score == "--isc") return {score_of_classes(a, options, names[0])};
  const PrecisionRecall found = precision_recall(b.features, a.features, options.neighbours);
  return {{names[0], found.precision, {}, {}, {}, {}}, {names[1], found.recall, {}, {}, {}, {}}};
}

}  // namespace

Comparison compare(const Statistics& a, const Statistics& b, const CompareOptions& options) {
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
  const std::string kernel = is_inception(made(a), made(b)) ? "kid" : "kernel_distance";
  Comparison result;
  result.measures.push_back(distance_of(a, b, options, inception ? "fid" : "frechet_distance", result.failures));
  for (const std::string& score : options.scores()) {
    const std::vector<std::string> names = names_of_score(score, inception, kernel);
    std::string why = why_not(score, options, known_of(a), known_of(b));
    try {
      if (why.empty())
        for (const Measure& measure : measured(score, names, a, b, options)) result.measures.push_back(measure);
    } catch (const Error& error) {
      why = error.what();
    }
    if (why.empty()) continue;
    result.failures.push_back(why);
    for (const std::string& name : names) result.measures.push_back({name, {}, {}, {}, {}, {}});
  }
  return result;
}

}  // namespace sr3
