// sr-metrics: PSNR, SSIM and low-resolution consistency of image pairs.
// Two or three inputs are joined by key (lib/stream/join.h), each pair is scored in a thread (lib/metrics/scores.h), and
// the table (lib/metrics/score_table.h) is printed at the end, so that it is complete or absent. See sr-metrics(1).
#include <cstdio>
#include <deque>
#include <future>

#include "base/error.h"
#include "cli/run.h"
#include "metrics/score_table.h"
#include "stream/join.h"
#include "stream/workers.h"

using namespace sr3;

namespace {

struct MetricsProgram {
  ScoreOptions scores;
  ReaderOptions reader;
  std::optional<std::string> low_res;
  bool json = false;

  void declare(Options& options) {
    scores.declare(options);
    options.add("low-res", 0, &low_res, "INPUT", "also measure consistency with these low-resolution images");
    options.add("json", 0, &json, "JSON lines instead of a table");
    reader.declare(options);
  }
};

ScoredPair score_frames(const ScoreOptions& options, const std::vector<Frame>& frames) {
  try {
    return {frames[0].key, frames[0].index,
            score(options, frames[0].image, frames[1].image, frames.size() > 2 ? &frames[2].image : nullptr)};
  } catch (const DataError& error) {
    throw DataError(cat("cannot score '", frames[1].origin, "': ", error.what()));
  }
}

int run_program(cli::App& app) {
  MetricsProgram program;
  program.declare(app.options);
  app.parse();
  std::vector<std::string> inputs = app.operands();
  if (inputs.size() != 2) throw UsageError("two inputs are needed: the reference images and those to be measured");
  if (program.low_res) inputs.push_back(*program.low_res);

  Join join(inputs, program.reader);
  Meter meter(app.progress, "images", join.expected().value_or(-1));
  std::vector<ScoredPair> pairs;
  std::deque<std::future<ScoredPair>> running;
  const auto finish_first = [&] {
    pairs.push_back(running.front().get());
    running.pop_front();
    meter.update(static_cast<int64_t>(pairs.size()));
  };
  Workers workers(program.reader.threads);
  while (auto frames = join.next()) {
    auto shared = std::make_shared<std::vector<Frame>>(std::move(*frames));
    running.push_back(workers.submit([&program, shared] { return score_frames(program.scores, *shared); }));
    if (running.size() > workers.size()) finish_first();
  }
  while (!running.empty()) finish_first();
  meter.finish();
  if (join.joined() == 0) throw DataError("nothing to measure: no images");
  // A shard without images has a table without rows.
  std::fputs(score_table(std::move(pairs), program.low_res.has_value(), program.json).c_str(), stdout);
  return join.status();
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("sr-metrics", "PSNR, SSIM and low-resolution consistency of image pairs",
                  "[--low-res INPUT] [-s N] [--crop N] [--json] REFERENCE IMAGES", argc, argv, run_program);
}
