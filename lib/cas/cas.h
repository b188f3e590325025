// Classification accuracy score (CAS; Ravuri & Vinyals 2019): the results of the runs of a job, as files and as a table.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/proportion.h"

namespace sr3 {

// The rank of a class that the training images do not contain.
constexpr int64_t kNotLearned = INT64_MAX;

// The predictions of one classifier. All runs of a job have the same test images in the same order.
struct CasRun {
  std::string
      set;  // "generated" or "real": the images it was trained on; of a pretrained one, the images that it was given
  uint64_t seed = 0;
  std::string settings;  // JSON of all that changes the result; only runs with equal settings may be combined
  std::vector<std::string> classes;
  std::vector<int64_t> labels, predictions;  // true and predicted classes of the test images, as indices into `classes`
  std::vector<int64_t> ranks;                // rank of the true class among the logits, from 1: at most 5 is correct in
                                             // top-5; or kNotLearned
};

// The run with these logits (N,classes), fp32, of the test images with these labels. Of equal logits, that of the first
// class ranks highest. Error if a logit is not finite.
CasRun cas_run(const std::string& set, uint64_t seed, const std::string& settings,
               const std::vector<std::string>& classes, const std::vector<int64_t>& labels, const at::Tensor& logits);

void write_cas_run(const std::string& path, const CasRun& run);
// DataError if the file is damaged.
CasRun read_cas_run(const std::string& path);

// A row of the table: a run, with its seed; a set's mean over its seeds ("mean"); or the difference of generated minus
// real, of two runs with the same seed or of the means.
struct CasRow {
  std::string set, seed;
  double top1 = 0, top5 = 0;
  Interval top1_interval,
      top5_interval;          // Wilson's over the test images; of a difference: paired
  bool has_intervals = true;  // false for the difference of the means
  double sd = -1;             // sample standard deviation of top1 over the seeds; -1: none
  double p = -1;              // p-value of McNemar's test; -1: none
};
// Accuracies of `a` minus those of `b`, of the same images in the same order; "difference", with the seed of a.
CasRow cas_difference(const CasRun& a, const CasRun& b);
std::vector<CasRow> cas_rows(const std::vector<CasRun>& runs);

struct CasClassRow {
  std::string set, name;
  int64_t images = 0;
  std::optional<double> top1;  // mean over the seeds; empty without images
  Interval interval;
};
std::vector<CasClassRow> cas_class_rows(const std::vector<CasRun>& runs);

}  // namespace sr3
