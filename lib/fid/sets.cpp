#include "fid/sets.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "fid/array_images.h"
#include "fid/report.h"
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

Collected Sets::collected(const std::vector<std::string>& operands, bool spatial) {
  if (!opened_) opened_ = network_.open(open_device(device_));
  std::optional<Meter> meter;
  collect_.spatial = spatial;
  collect_.progress = [&](int64_t done, int64_t total) {
    if (!meter) meter.emplace(progress_, "images", total);
    meter->update(done);
  };
  Collected collected = collect(operands, *opened_, collect_);
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

Collected Sets::side(const std::string& operand, bool first) {
  const bool archive = operand.ends_with(".npz"), images = !archive || ArrayImages::has_images(operand);
  if (!archive || (images && !has_moments(operand))) return of_images({operand});
  Collected side;
  Statistics& s = side.statistics;
  s = read_statistics(operand);
  check_asked(operand, s.signature);
  if (network_.sets_ddof() && s.mergeable()) s.signature.ddof = network_.ddof();
  if (!images || !wanted_.needs_sample(first)) return side;
  Collected sample = collected({operand}, /*spatial=*/false);
  s.features = sample.statistics.features;
  s.probabilities = sample.statistics.probabilities, s.positions = sample.statistics.positions;
  s.sample = sample.statistics.signature;
  s.sample->ddof = -1;  // features do not depend on it
  side.status = sample.status;
  return side;
}

}  // namespace sr3
