// One command of cas(1): the sets of images that classifiers learn from, the images that they are tested on, and the
// runs (a set, a seed) that are this command's to make. Runs are independent, so that jobs share them through a folder.
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
  int64_t threads = 0;             // that decode; the program's
  void declare(Options& options);  // all but threads
};

class CasJob {
 public:
  // Reads all images. UsageError for options that make no sense; Error when test images are among those of a set, or
  // when classes, or the images of a class, are not alike and `unlike` does not allow it.
  explicit CasJob(const CasOptions& options);

  // The runs that are there, made now or before; nothing when SIGINT or SIGTERM came, with the state saved (without a
  // folder it is lost). UsageError when the folder holds a run of other images or settings.
  std::optional<std::vector<CasRun>> runs(at::Device device, const ProgressOptions& progress);
  // How many of the runs are other jobs' and not there yet, after runs().
  int64_t missing() const { return missing_; }

 private:
  std::optional<CasRun> run(size_t set, uint64_t seed, at::Device device, const ProgressOptions& progress) const;
  std::string settings_of(size_t set) const;
  std::string path_of(size_t set, uint64_t seed, const char* suffix) const;

  CasOptions options_;
  ClassifierRecipe recipe_;
  Shard shard_;
  std::unique_ptr<LabelledImages> test_;
  std::vector<std::pair<std::string, std::unique_ptr<LabelledImages>>> sets_;  // "generated", "real"
  std::vector<std::string> classes_;                                           // of all, sorted
  std::vector<int64_t> labels_;                                                // of the test images among classes_
  int64_t missing_ = 0;
};

}  // namespace sr3
