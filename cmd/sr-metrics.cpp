// sr-metrics: PSNR, SSIM and low-resolution consistency of image pairs.
// Each set is joined with the reference by key (lib/stream/join.h), each pair is scored in a thread
// (lib/metrics/scores.h), and the table (lib/metrics/score_table.h) is printed at the end; after an error, without the
// mean. See sr-metrics(1).
#include <algorithm>
#include <deque>
#include <exception>
#include <future>

#include "base/error.h"
#include "base/file.h"
#include "base/signals.h"
#include "base/table.h"
#include "cli/run.h"
#include "cli/shared.h"
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

struct Measured {
  std::vector<ScoredPair> pairs;
  int status = kDone;
  std::exception_ptr error;  // which ended it
};

Measured measure(const cli::App& app, const MetricsProgram& program, std::vector<std::string> inputs,
                 const std::string& which) {
  if (program.low_res) inputs.push_back(*program.low_res);
  Join join(inputs, program.reader);
  Meter meter(app.progress, "images", join.expected().value_or(-1));
  Measured measured;
  std::deque<std::future<ScoredPair>> running;
  const auto finish_first = [&] {
    measured.pairs.push_back(running.front().get());
    running.pop_front();
    meter.update(static_cast<double>(measured.pairs.size()), which);
    StopSignals::check(cat(measured.pairs.size(), " images"));
  };
  Workers workers(program.reader.threads);
  try {
    while (auto frames = join.next()) {
      auto shared = std::make_shared<std::vector<Frame>>(std::move(*frames));
      running.push_back(workers.submit([&program, shared] { return score_frames(program.scores, *shared); }));
      if (running.size() > workers.size()) finish_first();
    }
    while (!running.empty()) finish_first();
  } catch (const Error&) {
    for (auto& one : running) {
      try {
        if (one.valid()) measured.pairs.push_back(one.get());
      } catch (const Error&) {  // the first one is reported
      }
    }
    measured.error = std::current_exception();
    return measured;
  }
  meter.finish();
  if (join.joined() == 0) throw DataError("nothing to measure: no images");
  measured.status = join.status();
  return measured;
}

int run_program(cli::App& app) {
  MetricsProgram program;
  program.declare(app.options);
  app.parse();
  const std::vector<std::string>& inputs = app.operands();
  if (inputs.size() < 2)
    throw UsageError("two inputs are needed, or more: the reference images and those to be measured");
  const size_t count = inputs.size() - 1;
  // What is read again for each set cannot be standard input, and neither can two sets.
  const auto stdins = std::count(inputs.begin(), inputs.end(), "-") + (program.low_res == "-");
  if (count > 1 && (inputs[0] == "-" || program.low_res == "-"))
    throw UsageError("'-': of several sets, the reference and --low-res are read for each; name files or folders");
  if (stdins > 1) throw UsageError("only one input can be standard input, '-'");

  if (!program.low_res) app.options.refuse_options({"kernel", "convention"}, "it is for --low-res");
  check_stdout();
  const StopSignals signals;
  const bool consistency = program.low_res.has_value();
  std::vector<ScoredSet> sets;
  int status = kDone;
  std::exception_ptr failure;
  for (size_t i = 1; i <= count; ++i) {
    Measured measured;
    try {
      measured =
          measure(app, program, {inputs[0], inputs[i]}, count > 1 ? cat("set ", i, " of ", count) : std::string());
    } catch (const Error&) {  // before its first pair
      measured.error = std::current_exception();
    }
    if (measured.error) {
      // What is measured is not lost, but a mean of some images would be taken for that of all: of several sets, the others are
      // measured.
      if (count == 1 && !measured.pairs.empty())
        print_table(score_table(std::move(measured.pairs), consistency, program.json, /*complete=*/false));
      if (count == 1) std::rethrow_exception(measured.error);
      if (failure) cli::print_error(measured.error);
      if (!failure) failure = measured.error;
      if (StopSignals::received()) break;
      continue;
    }
    status = std::max(status, measured.status);
    sets.push_back({inputs[i], std::move(measured.pairs)});
  }
  if (failure) {
    if (!sets.empty()) print_table(set_table(sets, consistency, program.json));
    std::rethrow_exception(failure);
  }
  // A shard without images has a table without rows.
  print_table(count > 1 ? set_table(sets, consistency, program.json)
                        : score_table(std::move(sets[0].pairs), consistency, program.json));
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("sr-metrics", "PSNR, SSIM and low-resolution consistency of image pairs",
                  "[--low-res INPUT] [-s N] [--crop N] REFERENCE IMAGES...", argc, argv, run_program);
}
