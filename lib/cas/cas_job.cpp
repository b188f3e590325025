#include "cas/cas_job.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/options.h"
#include "cas/classifier.h"
#include "data/class_names.h"
#include "stream/names.h"
#include "stream/operands.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

// A classifier would remember images that are in both sets instead of recognising them.
void check_disjoint(const LabelledImages& train, const LabelledImages& test, const std::string& name) {
  std::map<std::string, int64_t> known;
  for (int64_t i = 0; i < train.size(); ++i) known.emplace(train.digest(i), i);
  int64_t both = 0;
  std::string first;
  for (int64_t i = 0; i < test.size(); ++i) {
    const auto found = known.find(test.digest(i));
    if (found == known.end()) continue;
    if (both++ == 0) first = cat("'", test.origin(i), "' is the same as '", train.origin(found->second), "'");
  }
  if (both > 0) throw Error(cat("cannot score: ", both, " test images are among those of ", name, ": ", first));
}

// The first class of `of` that `other` does not have, as the end of a message.
std::string lacking(const LabelledImages& of, const LabelledImages& other, const std::string& whose) {
  for (const std::string& name : of.classes())
    if (!std::binary_search(other.classes().begin(), other.classes().end(), name))
      return cat("; only ", whose, " has '", name, "'");
  return "";
}

void check_classes(const LabelledImages& train, const std::string& name, const LabelledImages& other,
                   const std::string& whose, bool counts, bool unlike) {
  std::string why;
  if (train.classes() != other.classes())
    why = cat(name, " has ", train.classes().size(), " classes, ", whose, " ", other.classes().size(),
              ", and their names differ", lacking(train, other, name), lacking(other, train, whose));
  else if (counts && train.counts() != other.counts())
    why =
        cat(name, " has ", train.size(), " images, ", whose, " ", other.size(), ", and their numbers per class differ");
  if (why.empty()) return;
  if (!unlike) throw Error(cat("cannot compare: ", why, " (--unlike-classes continues anyway)"));
  warn(why);
}

ClassifierRecipe recipe_of(const CasOptions& options) {
  if (options.train.empty() || options.test.empty())
    throw UsageError("--train and --test are needed: generated images, and real ones");
  if (!options.shard.empty() && options.output.empty())
    throw UsageError("--shard needs -o DIR: where the runs of all jobs meet");
  ClassifierRecipe recipe = recipe_named(options.recipe);
  if (options.size) recipe.size = *options.size;
  if (options.epochs) recipe.warmup *= *options.epochs / recipe.epochs, recipe.epochs = *options.epochs;
  return recipe;
}

}  // namespace

void CasOptions::declare(Options& options) {
  options.group(groups::kImages);
  options.add("train", 0, &train, "INPUT", "generated images to learn from, a folder for each class");
  options.add("test", 0, &test, "INPUT", "real images to test on");
  options.add("real-train", 0, &real_train, "INPUT", "real images to learn from, for the best score to be expected");
  options.add("unlike-classes", 0, &unlike, "continue although classes, or the images of a class, differ in number");
  options.add("cache", 0, &cache_mb, "MB", at_least(0), "decoded images of each set kept in memory");
  options.group(groups::kTraining);
  options.choice("recipe", 0, &recipe, {"digits", "small", "resnet50"}, "network and schedule");
  options.add("size", 0, &size, "N", within(8, 4096), "side of the images as the network sees them");
  options.add("epochs", 0, &epochs, "X", {.low = 0, .high = 1e6, .low_open = true},
              "length of the training; the recipe's schedule is scaled to it");
  options.add("seeds", 0, &seeds, "N", at_least(1),
              "classifiers for each set of images: seeds --seed, --seed + 1, ...");
  options.add("shard", 0, &shard, "I/N", "only every N-th run, starting with the I-th");
}

CasJob::CasJob(const CasOptions& options) : options_(options), recipe_(recipe_of(options)), shard_(options.shard) {
  if (!options.output.empty()) {
    require_folder_name(options.output);
    make_folder(options.output);
  }
  // All sets are found before the images of one are read.
  for (const auto& operands : {options.test, options.train, options.real_train}) known_parts(operands);
  // The folders of generated images may have the names that sample --by-class derives from classes; those of the test
  // images have the classes' own names.
  const auto open = [&](const std::vector<std::string>& operands) {
    return std::make_unique<LabelledImages>(operands, options.cache_mb, options.threads,
                                            test_ ? test_->classes() : std::vector<std::string>{});
  };
  test_ = open(options.test);
  sets_.emplace_back("generated", open(options.train));
  const LabelledImages& generated = *sets_[0].second;
  check_classes(generated, "--train", *test_, "--test", /*counts=*/false, options.unlike);
  check_disjoint(generated, *test_, "--train");
  if (!options.real_train.empty()) {
    sets_.emplace_back("real", open(options.real_train));
    const LabelledImages& real = *sets_[1].second;
    check_classes(real, "--real-train", generated, "--train", /*counts=*/true, options.unlike);
    check_disjoint(real, *test_, "--real-train");
  }

  classes_ = test_->classes();
  for (const auto& [name, images] : sets_)
    classes_.insert(classes_.end(), images->classes().begin(), images->classes().end());
  std::sort(classes_.begin(), classes_.end());
  classes_.erase(std::unique(classes_.begin(), classes_.end()), classes_.end());
  require_classes(classes_, "--train and --test", "name the folders above those of the classes, or use lists");
  for (int64_t i = 0; i < test_->size(); ++i) {
    const std::string& name = test_->classes()[static_cast<size_t>(test_->label(i))];
    labels_.push_back(std::lower_bound(classes_.begin(), classes_.end(), name) - classes_.begin());
  }
}

std::string CasJob::settings_of(size_t set) const {
  const nlohmann::ordered_json all = {
      {"recipe", recipe_.settings()}, {"train", sets_[set].second->digest()}, {"test", test_->digest()}};
  return all.dump();
}

std::string CasJob::path_of(size_t set, uint64_t seed, const char* suffix) const {
  return cat(options_.output, "/", sets_[set].first, "-", seed, suffix);
}

std::optional<CasRun> CasJob::former_run(size_t set, uint64_t seed) const {
  const std::string file = path_of(set, seed, ".json");
  if (options_.output.empty() || !std::filesystem::exists(file)) return std::nullopt;
  CasRun there = read_cas_run(file);
  if (there.settings != settings_of(set) || there.classes != classes_)
    throw UsageError(
        cat("'", file, "' was made from other images or settings; remove it, or use another folder with -o"));
  return there;
}

void CasJob::check_former_runs() const {
  for (size_t set = 0; set < sets_.size(); ++set)
    for (int64_t k = 0; k < options_.seeds; ++k) former_run(set, options_.seed + static_cast<uint64_t>(k));
}

std::optional<CasRun> CasJob::run(size_t set, uint64_t seed, at::Device device, const ProgressOptions& progress,
                                  const std::string& number) const {
  const auto& [name, images] = sets_[set];
  const std::string settings = settings_of(set), file = path_of(set, seed, ".json");
  const bool keeps = !options_.output.empty();
  if (auto there = former_run(set, seed)) return there;
  info(cat(number, ": training on ", images->size(), " ", name, " images, seed ", seed, "; ",
           classes_text(images->classes(), images->counts())));
  const std::string state = keeps ? path_of(set, seed, ".state") : "";
  const auto logits = train_classifier({recipe_, seed, classes_, state, settings, device, options_.threads, number},
                                       *images, *test_, progress);
  if (!logits) return std::nullopt;
  CasRun made = cas_run(name, seed, settings, classes_, labels_, *logits);
  // A class without training images cannot be predicted correctly, not even in top-5.
  for (size_t i = 0; i < labels_.size(); ++i)
    if (!std::binary_search(images->classes().begin(), images->classes().end(),
                            classes_[static_cast<size_t>(labels_[i])]))
      made.ranks[i] = kNotLearned;
  if (keeps) write_cas_run(file, made);
  return made;
}

bool CasJob::make_runs(at::Device device, const ProgressOptions& progress) {
  check_former_runs();
  int64_t number = 0;
  missing_ = 0;
  own_ = static_cast<int64_t>(sets_.size()) * options_.seeds;
  for (size_t set = 0; set < sets_.size(); ++set)
    for (int64_t k = 0; k < options_.seeds; ++k, ++number) {
      const uint64_t seed = options_.seed + static_cast<uint64_t>(k);
      if (!shard_.has(number) && !std::filesystem::exists(path_of(set, seed, ".json"))) {
        ++missing_;
        --own_;
        continue;
      }
      auto found = run(set, seed, device, progress,
                       cat("run ", number + 1, " of ", static_cast<int64_t>(sets_.size()) * options_.seeds));
      if (!found) return false;
      runs_.push_back(std::move(*found));
    }
  return true;
}

}  // namespace sr3
