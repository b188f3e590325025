// A study's folder: confusion-eval plan makes it, all other commands open it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "stream/reader.h"
#include "study/design.h"

namespace sr3 {

class Study {
 public:
  // Error if the folder is not a study. DataError if study.json, trials.jsonl or images.sha256 is damaged, or has changed
  // since the study was made: its id is a digest of them.
  explicit Study(const std::string& folder);

  const std::string& folder() const { return folder_; }
  // UsageError if an output would replace a file of the study's, or be among its answers.
  void refuse_own_file(const std::string& path) const;
  const StudyDesign& design() const { return design_; }
  // The list of `rater`, counted from 0.
  const RaterPlan& plan(int64_t rater) const { return plans_.at(static_cast<size_t>(rater)); }

  // The PNG file that a trial shows at a place: "left", "right" or, in task 1, "middle". Error if the file does not exist,
  // DataError if it has changed since the study was made.
  Bytes picture(const PlannedTrial& trial, const std::string& place) const;
  // The path and the contents of a model's version of an image; model -1 is the real image. Errors as above.
  std::string image_path(int64_t image, int64_t model) const;
  Bytes image_bytes(int64_t image, int64_t model) const;
  // The places of a trial in this task, from left to right.
  static std::vector<std::string> places(int64_t task);

 private:
  Bytes checked(const std::string& name) const;

  std::string folder_;
  StudyDesign design_;
  std::map<std::string, std::string> digests_;  // SHA-256 by path in the folder
  std::vector<RaterPlan> plans_;
};

struct PlanInputs {
  std::string real;
  std::vector<std::string> models;  // operands: folders, archives, ...
  std::vector<std::string> names;   // the models' names; empty: from the last components of their paths
  std::optional<std::string> low_res;
  ReaderOptions reader;
  bool history = true;
};

// Makes a study: pairs the images by key, and writes them and the plan. study.json is written last, so that a folder
// without it is not a study. DataError if an image has no partner, or if its size is not that of the real image.
// UsageError if the folder contains a study already, or if the design is invalid. Returns the complete design, and in
// *status the reader's status (kDone, or kSkipped if images were skipped).
StudyDesign make_study(const PlanInputs& inputs, StudyDesign design, const std::string& folder, int* status);

}  // namespace sr3
