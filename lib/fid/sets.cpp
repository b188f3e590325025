#include "fid/sets.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "fid/array_images.h"
#include "fid/report.h"
#include "stream/operands.h"
#include "tensor/device.h"

namespace sr3 {

void check_statistics_path(const std::string& path) {
  if (path.empty() || path == "-") throw UsageError("no file to write the statistics to: -o FILE.npz");
  if (!path.ends_with(".npz"))
    throw UsageError(cat("'", path, "': statistics are a NumPy archive, whose name ends in .npz"));
  const OutputFile probe(path);
}

Statistics merge_files(const std::vector<std::string>& files, bool force) {
  Merger merger(force);
  for (const std::string& file : files) {
    if (ArrayImages::has_images(file))
      throw DataError(
          cat("cannot merge '", file, "': it holds images (arr_0); make statistics of them first, with fid stats"));
    merger.add(read_statistics(file), file);
  }
  return merger.finish();
}

Sets::Sets(const NetworkOptions& network, const CompareOptions& wanted, const CollectOptions& collect,
           std::string device, const ProgressOptions& progress)
    : network_(network), wanted_(wanted), collect_(collect), device_(std::move(device)), progress_(progress) {
  collect_.ddof = network.ddof();
  collect_.probabilities = wanted.isc;
}

Sets::~Sets() = default;

FeatureNetwork& Sets::network() {
  if (!opened_) opened_ = network_.open(open_device(device_));
  return *opened_;
}

Collected Sets::collected(const std::vector<std::string>& operands, bool spatial) {
  std::optional<Meter> meter;
  collect_.spatial = spatial;
  collect_.progress = [&](int64_t done, int64_t total) {
    if (!meter) meter.emplace(progress_, "images", total);
    meter->update(done);
  };
  Collected collected = collect(operands, network(), collect_);
  if (meter) meter->finish();
  debug(report_times(collected));
  return collected;
}

// Options cannot change how a file's statistics were made; they apply to images only.
void Sets::check_asked(const std::string& operand, const Signature& made) {
  if (!requested_) requested_ = network_.requested_signature();
  const std::string field = difference(*requested_, made);
  if (field.empty()) return;
  const std::string message =
      cat("the options and '", operand, "' differ in ", field, ": ", values_of(field, *requested_, made));
  if (!wanted_.force) throw DataError(cat("cannot compare: ", message, " (--force compares anyway)"));
  warn(message);
}

struct Sets::Side {
  std::string operand;
  Collected collected;                  // what a file of statistics contains
  bool statistics = false;              // whether it is one
  bool images = false, sample = false;  // whether images are to be read: all of the set, or a sample of it
  std::optional<int64_t> number;        // of these images, if it is known
};

namespace {

// The number of images of an operand, if nothing must be read for it. Error if there are none.
std::optional<int64_t> number_of(const std::string& operand) {
  if (operand == "-") return std::nullopt;
  if (operand.ends_with(".npz")) return ArrayImages(operand, Shard(""), INT64_MAX).total();
  const std::vector<Part> parts = known_parts({operand});
  for (const Part& part : parts)
    if (part.kind != Part::kImage) return std::nullopt;
  return parts.empty() ? std::nullopt : std::optional(static_cast<int64_t>(parts.size()));
}

}  // namespace

Sets::Side Sets::found(const std::string& operand, bool first) {
  Side side{operand, {}, false, false, false, {}};
  const bool archive = operand.ends_with(".npz"), images = !archive || ArrayImages::has_images(operand);
  side.statistics = archive && (!images || has_moments(operand));
  side.images = !side.statistics;
  side.sample = side.statistics && images && wanted_.needs_sample(first);
  if (side.images || side.sample) side.number = number_of(operand);
  if (side.images) return side;
  Statistics& s = side.collected.statistics;
  s = read_statistics(operand);
  check_asked(operand, s.signature);
  if (network_.sets_ddof() && s.mergeable()) s.signature.ddof = network_.ddof();
  return side;
}

KnownSet Sets::known(const Side& side) const {
  KnownSet known;
  if (side.statistics) known = known_of(side.collected.statistics);
  if (side.images || side.sample) known.features = known.probabilities = true, known.images = side.number;
  return known;
}

void Sets::read_images(Side& side) {
  if (side.images) side.collected = of_images({side.operand});
  if (!side.sample) return;
  Statistics& s = side.collected.statistics;
  const Collected sample = collected({side.operand}, /*spatial=*/false);
  s.features = sample.statistics.features;
  s.probabilities = sample.statistics.probabilities, s.positions = sample.statistics.positions;
  s.sample = sample.statistics.signature;
  s.sample->ddof = -1;  // features do not depend on it
  side.collected.status = sample.status;
}

void Sets::check_pair(const Side& generated, const Side& reference) {
  require_possible(wanted_, known(generated), known(reference));
  for (const auto& [side, which] : {std::pair(&generated, "first"), {&reference, "second"}})
    if (side->images && side->number && *side->number <= collect_.ddof)
      throw too_few_images(which, *side->number, collect_.ddof);
  if (generated.statistics == reference.statistics || wanted_.force) return;
  const Signature read = signature_of(network().spec(), collect_.ddof);
  check_alike(generated.statistics ? generated.collected.statistics.signature : read,
              reference.statistics ? reference.collected.statistics.signature : read, /*force=*/false);
}

void Sets::sides(const std::vector<std::string>& generated, const std::string& reference, const Compare& compare) {
  std::vector<Side> sides;
  sides.reserve(generated.size());
  for (const std::string& set : generated) sides.push_back(found(set, true));
  Side b = found(reference, false);
  for (const Side& a : sides) check_pair(a, b);
  for (Side& a : sides) {
    read_images(a);
    if (&a == &sides.front()) read_images(b);
    compare(a.operand, a.collected, b.collected);
    a.collected = {};
  }
}

}  // namespace sr3
