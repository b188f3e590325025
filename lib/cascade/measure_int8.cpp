#include "cascade/measure_int8.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/log.h"
#include "base/table.h"
#include "metrics/psnr.h"
#include "nn/fused_conv.h"
#include "stage/stage_files.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

std::vector<Frame> results(const std::string& path, const SamplingOverrides& overrides, const ChainOptions& options,
                           const std::vector<Frame>& images, const std::string& precision,
                           const ProgressOptions& progress) {
  std::vector<Stage> stages = open_chain({path}, overrides);
  std::vector<Frame> made;
  std::optional<Meter> meter;
  Chain::Hooks hooks;
  hooks.sink = [&](Frame frame) { made.push_back(std::move(frame)); };
  hooks.progress = [&](double done, const std::string& what, double) { meter->update(done, what); };
  hooks.expected = static_cast<int64_t>(images.size());
  Chain chain(stages, options, /*depth=*/16, hooks);
  stages[0].load(at::kCPU, precision);
  meter.emplace(progress, "steps in " + precision, *hooks.expected * chain.steps_each());
  for (const Frame& image : images) chain.push(image);
  chain.flush();
  meter->finish();
  return made;
}

}  // namespace

void measure_int8(const std::string& path, const SamplingOverrides& overrides, const ChainOptions& options,
                  const std::vector<Frame>& images, const ProgressOptions& progress) {
  if (images.empty()) throw UsageError("--measure-int8 needs images to upscale");
  check_writable(path);
  check_stdout();
  std::vector<Frame> fast;
  {
    const NarrowBytes least;  // the record is for all CPUs
    fast = results(path, overrides, options, images, "int8", progress);
  }
  const std::vector<Frame> exact = results(path, overrides, options, images, "fp32", progress);
  double lowest = std::numeric_limits<double>::infinity();
  std::string table = "name\tpsnr\n";
  for (size_t i = 0; i < fast.size(); ++i) {
    const double db = psnr(exact[i].image, fast[i].image);
    char cell[32];
    std::snprintf(cell, sizeof cell, "%.2f", db);
    table += cat(fast[i].key, "\t", cell, "\n");
    lowest = std::min(lowest, db);
  }
  print_table(table);
  const FileLock lock(lock_path(path), cat("'", path, "' is being written by another process"));
  StageManifest manifest = read_manifest(path);
  manifest.precision.int8_psnr = std::min(999.0, std::round(lowest * 100) / 100);
  write_manifest(path, manifest);
  const char* decision =
      lowest >= kInt8Psnr ? "--precision auto selects int8 for it" : "--precision auto keeps to fp32";
  info(cat("'", path, "': int8 against fp32 is at least ", std::round(lowest * 100) / 100, " dB of PSNR; on a CPU ",
           decision));
}

}  // namespace sr3
