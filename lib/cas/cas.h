// Classification accuracy score (Ravuri & Vinyals 2019): what the runs of a job found, as files, and the table made of
// them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/proportion.h"

namespace sr3 {

constexpr int64_t kNotLearned = INT64_MAX;

// One classifier's answers. The same test images in the same order in every run of a job.
struct CasRun {
  std::string set;  // "generated" or "real": what it learned from
  uint64_t seed = 0;
  std::string settings;  // of the job: runs of other settings do not go together
  std::vector<std::string> classes;
  std::vector<int64_t> labels, answers;  // of the test images, as places in classes
  std::vector<int64_t> ranks;            // of the true class among the logits, from 1: 5 or less is right among five;
                                         // kNotLearned: it was in no training image
};

// logits (N,classes), fp32. Of equal logits the first class counts. Error when one is not finite.
CasRun cas_run(const std::string& set, uint64_t seed, const std::string& settings,
               const std::vector<std::string>& classes, const std::vector<int64_t>& labels, const at::Tensor& logits);

void write_cas_run(const std::string& path, const CasRun& run);
// DataError when it is damaged.
CasRun read_cas_run(const std::string& path);

// A row: a run ("0"), a set's mean over its seeds ("mean"), or generated minus real: runs of one seed, and the means.
struct CasRow {
  std::string set, seed;
  double top1 = 0, top5 = 0;
  Interval top1_interval,
      top5_interval;          // Wilson over the test images; of a difference: paired
  bool has_intervals = true;  // not the difference of the means
  double sd = -1;             // of top1 over the seeds (n - 1); -1: none
  double p = -1;              // McNemar's; -1: none
};
std::vector<CasRow> cas_rows(const std::vector<CasRun>& runs);

struct CasClassRow {
  std::string set, name;
  int64_t images = 0;
  std::optional<double> top1;  // mean over the seeds; none without images
  Interval interval;
};
std::vector<CasClassRow> cas_class_rows(const std::vector<CasRun>& runs);

}  // namespace sr3
