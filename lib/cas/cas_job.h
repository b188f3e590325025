// One command of cas(1): the sets of images that classifiers are trained on, the images that they are tested on, and the
// runs (a set and a seed each) that this command makes. Runs are independent, so several jobs can divide them and share
// the results through a folder.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "cas/cas.h"
#include "cas/classifier_recipe.h"
#include "cas/labelled.h"
#include "stream/shard.h"

namespace sr3 {

class Options;

struct CasOptions {
  std::vector<std::string> train, test, real_train;
  std::string recipe = "small", output, shard;
  std::optional<int64_t> size;
  std::optional<double> epochs;
  int64_t seeds = 3, cache_mb = 4096;
  uint64_t seed = 0;
  bool unlike = false;
  int64_t threads = 0;             // that decode; 0: all cores. Set from the program's own option
  void declare(Options& options);  // declares the options of all members except output, seed and threads
};

class CasJob {
 public:
  // Reads all images. UsageError for options that make no sense. Error if a training set contains test images, or if
  // the classes differ, or the numbers of images per class in the training sets, and options.unlike does not allow it.
  explicit CasJob(const CasOptions& options);

  // Makes this job's runs. False after SIGINT or SIGTERM; the state is then saved, except if there is no output folder.
  // UsageError, before the first run, if the folder contains a run with other images or settings.
  bool make_runs(at::Device device, const ProgressOptions& progress);
  // The runs that exist, those made before and by other jobs included; after an error in make_runs, those made until then.
  const std::vector<CasRun>& runs() const { return runs_; }
  // How many of this job's runs were not made.
  int64_t unfinished() const { return own_ - static_cast<int64_t>(runs_.size()); }
  // After make_runs(): the number of other jobs' runs that do not exist yet.
  int64_t missing() const { return missing_; }

 private:
  std::optional<CasRun> run(size_t set, uint64_t seed, at::Device device, const ProgressOptions& progress,
                            const std::string& number) const;
  // The run that the output folder has already. UsageError if it was made from other images or settings.
  std::optional<CasRun> former_run(size_t set, uint64_t seed) const;
  void check_former_runs() const;  // all of them, before the first training
  std::string settings_of(size_t set) const;
  std::string path_of(size_t set, uint64_t seed, const char* suffix) const;

  CasOptions options_;
  ClassifierRecipe recipe_;
  Shard shard_;
  std::unique_ptr<LabelledImages> test_;
  std::vector<std::pair<std::string, std::unique_ptr<LabelledImages>>> sets_;  // "generated", "real"
  std::vector<std::string> classes_;                                           // of all sets, sorted
  std::vector<int64_t> labels_;  // classes of the test images, as indices into classes_
  std::vector<CasRun> runs_;
  int64_t missing_ = 0, own_ = 0;
};

}  // namespace sr3
