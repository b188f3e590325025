// sr-metrics: PSNR, SSIM and low-resolution consistency of image pairs.
// Two or three inputs are joined by key (lib/stream/join.h), each pair is scored in a thread (lib/metrics/scores.h), and
// the table is printed at the end, in the order of the reference: a table is whole or not there.  See sr-metrics(1).
#include <algorithm>
#include <cstdio>
#include <deque>
#include <future>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/run.h"
#include "metrics/scores.h"
#include "stream/join.h"
#include "stream/workers.h"

using namespace sr3;

namespace {

struct Row {
  std::string name;
  int64_t index;
  Scores scores;
};

Row score_row(const ScoreOptions& options, const std::vector<Frame>& frames) {
  try {
    return {frames[0].key, frames[0].index,
            score(options, frames[0].image, frames[1].image, frames.size() > 2 ? &frames[2].image : nullptr)};
  } catch (const DataError& error) {
    throw DataError(cat("cannot score '", frames[1].origin, "': ", error.what()));
  }
}

nlohmann::ordered_json maybe(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

void print_json(const Row& row, int64_t images) {
  nlohmann::ordered_json object;
  const Scores& s = row.scores;
  // JSON has no infinity: that of identical images is null.
  object["name"] = row.name;
  if (images > 0) object["images"] = images;
  object["psnr"] = s.psnr, object["ssim"] = maybe(s.ssim), object["psnr_y"] = s.psnr_y,
  object["ssim_y"] = maybe(s.ssim_y);
  if (s.consistency) object["consistency"] = *s.consistency, object["rounding_floor"] = *s.rounding_floor;
  std::printf("%s\n", object.dump().c_str());
}

std::string cell(const std::optional<double>& ssim) {
  char text[32] = "-";
  if (ssim) std::snprintf(text, sizeof text, "%.6f", *ssim);
  return text;
}

void print_row(const Row& row) {
  const Scores& s = row.scores;
  std::printf("%s\t%.4f\t%s\t%.4f\t%s", row.name.c_str(), s.psnr, cell(s.ssim).c_str(), s.psnr_y,
              cell(s.ssim_y).c_str());
  if (s.consistency) std::printf("\t%.3e\t%.3e", *s.consistency, *s.rounding_floor);
  std::printf("\n");
}

void add(std::optional<double>& sum, const std::optional<double>& value) {
  if (value) sum = sum.value_or(0) + *value;
}

// Each column's over the images that have it.
Scores mean_of(const std::vector<Row>& rows) {
  Scores sum;
  int64_t with_ssim = 0;
  for (const Row& row : rows) {
    const Scores& s = row.scores;
    sum.psnr += s.psnr, sum.psnr_y += s.psnr_y, with_ssim += s.ssim.has_value();
    add(sum.ssim, s.ssim), add(sum.ssim_y, s.ssim_y);
    add(sum.consistency, s.consistency), add(sum.rounding_floor, s.rounding_floor);
  }
  const auto n = static_cast<double>(rows.size());
  sum.psnr /= n, sum.psnr_y /= n;
  if (sum.ssim) *sum.ssim /= static_cast<double>(with_ssim), *sum.ssim_y /= static_cast<double>(with_ssim);
  if (sum.consistency) *sum.consistency /= n, *sum.rounding_floor /= n;
  return sum;
}

int sr_metrics(cli::App& app) {
  ScoreOptions options;
  ReaderOptions reading;
  std::optional<std::string> low_res;
  bool json = false;
  options.declare(app.options);
  app.options.add("low-res", 0, &low_res, "INPUT", "also measure consistency with these low-resolution images");
  app.options.add("json", 0, &json, "JSON lines instead of a table");
  reading.declare(app.options);
  app.parse();
  std::vector<std::string> inputs = app.operands();
  if (inputs.size() != 2) throw UsageError("two inputs are needed: the reference images and those to be measured");
  if (options.crop < 0 || options.scale < 0) throw UsageError("options '--crop' and '--scale' take 0 or more");
  if (low_res) inputs.push_back(*low_res);

  Join join(inputs, reading);
  Meter meter(app.progress, "images", join.expected().value_or(-1));
  std::vector<Row> rows;
  std::deque<std::future<Row>> running;
  const auto finish_first = [&] {
    rows.push_back(running.front().get());
    running.pop_front();
    meter.update(static_cast<int64_t>(rows.size()));
  };
  Workers workers(reading.threads);
  while (auto frames = join.next()) {
    auto shared = std::make_shared<std::vector<Frame>>(std::move(*frames));
    running.push_back(workers.submit([&options, shared] { return score_row(options, *shared); }));
    if (running.size() > workers.size()) finish_first();
  }
  while (!running.empty()) finish_first();
  meter.finish();
  if (join.joined() == 0) throw DataError("nothing to measure: no images");
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.index < b.index; });

  if (!json) std::printf("name\tpsnr\tssim\tpsnr_y\tssim_y%s\n", low_res ? "\tconsistency\trounding_floor" : "");
  for (const Row& row : rows) json ? print_json(row, 0) : print_row(row);
  if (rows.empty()) return join.status();  // a shard without images has no mean
  const Row mean = {"mean", 0, mean_of(rows)};
  json ? print_json(mean, static_cast<int64_t>(rows.size())) : print_row(mean);
  return join.status();
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("sr-metrics", "PSNR, SSIM and low-resolution consistency of image pairs",
                  "[--low-res INPUT] [-s N] [--crop N] [--json] REFERENCE IMAGES", argc, argv, sr_metrics);
}
