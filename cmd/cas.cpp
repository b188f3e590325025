// cas: classification accuracy score: trains a classifier on generated images, and tests it on real ones.
// The runs (a set of images, a seed) are independent; -o keeps each one's answers in a file, so that jobs share them
// and the last command prints the table (lib/metrics/cas.h) of what is there.  See cas(1).
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "data/labelled.h"
#include "metrics/cas.h"
#include "stream/shard.h"
#include "tensor/device.h"
#include "train/classifier.h"
#include "train/signals.h"

using namespace sr3;

namespace {

struct Job {
  std::vector<std::string> train, test, real_train;
  std::string recipe = "small", output, shard;
  std::optional<int64_t> size;
  std::optional<double> epochs;
  int64_t seeds = 3, cache_mb = 4096;
  uint64_t seed = 0;
  bool unlike = false, per_class = false, json = false;

  void declare(Options& options) {
    options.group("Images");
    options.add("train", 0, &train, "INPUT", "generated images to learn from, a folder for each class");
    options.add("test", 0, &test, "INPUT", "real images to be tested on");
    options.add("real-train", 0, &real_train, "INPUT", "real images to learn from: the ceiling");
    options.add("unlike-classes", 0, &unlike, "go on though classes, or the images of a class, differ in number");
    options.add("cache", 0, &cache_mb, "MB", "decoded images of each set kept in memory");
    options.group("Training");
    options.choice("recipe", 0, &recipe, {"digits", "small", "resnet50"}, "network and schedule");
    options.add("size", 0, &size, "N", "side of the images as the network sees them");
    options.add("epochs", 0, &epochs, "X", "length of the training; the recipe's schedule is scaled to it");
    options.add("seeds", 0, &seeds, "N", "classifiers for each set of images: seeds --seed, --seed + 1, ...");
    cli::declare_seed(options, &seed);
    options.add("shard", 0, &shard, "I/N", "only every N-th run, beginning with the I-th");
    options.group("Results");
    options.add("output", 'o', &output, "DIR", "keep each run's answers here, and what resuming needs");
    options.add("per-class", 0, &per_class, "the shares of each class instead");
    options.add("json", 0, &json, "JSON lines instead of a table");
  }
};

// Images that are in both would be remembered, not recognised.
void check_disjoint(const LabelledImages& train, const LabelledImages& test, const std::string& name) {
  std::map<std::string, int64_t> known;
  for (int64_t i = 0; i < train.size(); ++i) known.emplace(train.digest(i), i);
  int64_t both = 0;
  std::string first;
  for (int64_t i = 0; i < test.size(); ++i) {
    const auto found = known.find(test.digest(i));
    if (found == known.end()) continue;
    if (both++ == 0) first = cat("'", test.origin(i), "' is '", train.origin(found->second), "'");
  }
  if (both > 0) throw Error(cat("cannot score: ", both, " test images are among those of ", name, ": ", first));
}

void check_classes(const LabelledImages& train, const std::string& name, const LabelledImages& other,
                   const std::string& whose, bool counts, bool unlike) {
  std::string why;
  if (train.classes() != other.classes())
    why = cat(name, " has ", train.classes().size(), " classes, ", whose, " ", other.classes().size(),
              ", or of other names");
  else if (counts && train.counts() != other.counts())
    why = cat(name, " has ", train.size(), " images, ", whose, " ", other.size(), ", or other numbers of a class");
  if (why.empty()) return;
  if (!unlike) throw Error(cat("cannot compare: ", why, "; --unlike-classes goes on"));
  warn(why);
}

std::string settings_of(const Recipe& recipe, const LabelledImages& train, const LabelledImages& test) {
  return nlohmann::ordered_json({{"recipe", recipe.settings()}, {"train", train.digest()}, {"test", test.digest()}})
      .dump();
}

using Line = nlohmann::ordered_json;

Line maybe(bool there, double value) { return there ? Line(value) : Line(); }

std::vector<Line> lines_of(const Job& job, const std::vector<CasRun>& runs) {
  std::vector<Line> lines;
  if (job.per_class) {
    for (const CasClassRow& r : cas_class_rows(runs))
      lines.push_back({{"set", r.set},
                       {"class", r.name},
                       {"images", r.images},
                       {"top1", r.top1},
                       {"top1_low", r.interval.low},
                       {"top1_high", r.interval.high}});
    return lines;
  }
  for (const CasRow& r : cas_rows(runs))
    lines.push_back({{"set", r.set},
                     {"seed", r.seed},
                     {"images", runs[0].labels.size()},
                     {"top1", r.top1},
                     {"top1_low", maybe(r.has_intervals, r.top1_interval.low)},
                     {"top1_high", maybe(r.has_intervals, r.top1_interval.high)},
                     {"top5", r.top5},
                     {"top5_low", maybe(r.has_intervals, r.top5_interval.low)},
                     {"top5_high", maybe(r.has_intervals, r.top5_interval.high)},
                     {"sd", maybe(r.sd >= 0, r.sd)},
                     {"p", maybe(r.p >= 0, r.p)}});
  return lines;
}

void print(const std::vector<Line>& lines, bool json) {
  std::string text;
  const auto row = [&](const Line& line, auto cell) {
    std::string fields;
    for (const auto& [key, value] : line.items()) fields += (fields.empty() ? "" : "\t") + cell(key, value);
    text += fields + "\n";
  };
  if (!json) row(lines[0], [](const std::string& key, const Line&) { return key; });
  for (const Line& line : lines) {
    if (json) {
      text += line.dump() + "\n";
      continue;
    }
    row(line, [](const std::string& key, const Line& value) {
      if (value.is_null()) return std::string("-");
      if (value.is_string()) return value.get<std::string>();
      if (!value.is_number_float()) return value.dump();
      char number[32];
      std::snprintf(number, sizeof number, key == "p" ? "%.3g" : "%.6f", value.get<double>());
      return std::string(number);
    });
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int cas(cli::App& app) {
  Job job;
  cli::ComputeOptions compute;
  job.declare(app.options);
  compute.declare(app.options);
  app.parse();
  if (!app.operands().empty())
    throw UsageError(cat("'", app.operands()[0], "' is unexpected: images go to --train and --test"));
  if (job.train.empty() || job.test.empty())
    throw UsageError("--train and --test are needed: generated images, and real ones");
  if (job.seeds < 1) throw UsageError("option '--seeds': there is at least one");
  if (compute.precision != "auto" && compute.precision != "fp32")
    throw UsageError("option '--precision': cas trains in fp32");
  if (!job.shard.empty() && job.output.empty())
    throw UsageError("--shard needs -o DIR: where the runs of all jobs meet");
  Recipe recipe = recipe_named(job.recipe);
  if (job.size) recipe.size = *job.size;
  if (job.epochs) recipe.warmup *= *job.epochs / recipe.epochs, recipe.epochs = *job.epochs;
  if (recipe.size < 8 || recipe.size > 4096) throw UsageError("option '--size': 8 to 4096 pixels");
  if (!(recipe.epochs > 0)) throw UsageError("option '--epochs': more than 0");
  use_threads(compute.threads);
  const at::Device device = open_device(compute.device);

  const LabelledImages test(job.test, job.cache_mb, compute.threads),
      generated(job.train, job.cache_mb, compute.threads);
  std::unique_ptr<LabelledImages> real;
  if (!job.real_train.empty()) real = std::make_unique<LabelledImages>(job.real_train, job.cache_mb, compute.threads);
  check_classes(generated, "--train", test, "--test", /*counts=*/false, job.unlike);
  check_disjoint(generated, test, "--train");
  std::vector<std::pair<std::string, const LabelledImages*>> sets = {{"generated", &generated}};
  if (real) {
    check_classes(*real, "--real-train", generated, "--train", /*counts=*/true, job.unlike);
    check_disjoint(*real, test, "--real-train");
    sets.emplace_back("real", real.get());
  }
  std::vector<std::string> classes = test.classes();
  for (const auto& [set, images] : sets)
    classes.insert(classes.end(), images->classes().begin(), images->classes().end());
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < test.size(); ++i)
    labels.push_back(std::find(classes.begin(), classes.end(), test.classes()[static_cast<size_t>(test.label(i))]) -
                     classes.begin());

  const Shard shard(job.shard);
  if (!job.output.empty()) std::filesystem::create_directories(job.output);
  std::vector<CasRun> runs;
  int64_t number = 0, missing = 0;
  for (const auto& [set, images] : sets)
    for (int64_t k = 0; k < job.seeds; ++k, ++number) {
      const uint64_t seed = job.seed + static_cast<uint64_t>(k);
      const std::string settings = settings_of(recipe, *images, test), stem = cat(job.output, "/", set, "-", seed);
      if (!job.output.empty() && std::filesystem::exists(stem + ".json")) {
        runs.push_back(read_cas_run(stem + ".json"));
        if (runs.back().settings != settings || runs.back().classes != classes)
          throw UsageError(
              cat("'", stem, ".json' was made of other images or settings; remove it, or name another folder"));
        continue;
      }
      if (!shard.has(number)) {
        ++missing;
        continue;
      }
      note(cat("training on ", set, " images, seed ", seed));
      const std::string state = job.output.empty() ? "" : stem + ".state";
      const ClassifierOptions options{recipe, seed, classes, state, settings, device, compute.threads};
      const auto logits = train_classifier(options, *images, test, app.progress);
      if (!logits) return 128 + StopSignals::received();
      runs.push_back(cas_run(set, seed, settings, classes, labels, *logits));
      if (!job.output.empty()) write_cas_run(stem + ".json", runs.back());
    }
  if (missing > 0)
    note(cat(missing, " runs are other jobs'; when all are done, the same command without --shard prints the table"));
  else
    print(lines_of(job, runs), job.json);
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("cas", "classification accuracy score: train on generated images, test on real ones",
                  "--train GENERATED --test REAL [--real-train REAL_TRAIN] [--recipe NAME] [-o DIR]", argc, argv, cas);
}
