// A study's folder: made by plan(1), opened by all that follow.
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
  // Error when there is none. DataError when study.json, trials.jsonl or images.sha256 is damaged, or was changed after
  // the study was made: the id is theirs.
  explicit Study(const std::string& folder);

  const std::string& folder() const { return folder_; }
  const StudyDesign& design() const { return design_; }
  // Of rater 0 .. raters-1.
  const RaterPlan& plan(int64_t rater) const { return plans_.at(static_cast<size_t>(rater)); }

  // What stands in a trial's places: "left", "right" and, in task 1, "middle". Encoded; Error when the file is gone,
  // DataError when it is another one than at first.
  Bytes picture(const PlannedTrial& trial, const std::string& place) const;
  // The file of one image, and what is in it: model -1 is the real one.
  std::string image_path(int64_t image, int64_t model) const;
  Bytes image_bytes(int64_t image, int64_t model) const;
  static std::vector<std::string> places(int64_t task);

 private:
  Bytes checked(const std::string& name) const;

  std::string folder_;
  StudyDesign design_;
  std::map<std::string, std::string> digests_;  // SHA-256 by file in images/
  std::vector<RaterPlan> plans_;
};

struct PlanInputs {
  std::string real;
  std::vector<std::string> models;  // as given: folders, archives, ...
  std::vector<std::string> names;   // of them; none: their last path component
  std::optional<std::string> low_res;
  ReaderOptions reader;
  bool history = true;
};

// Pairs the images by name, writes them and the plan; study.json comes last, so that a folder without one is no study.
// DataError at an image without its pair, or of another size than its real one. UsageError when the folder holds a
// study, or the design is none. Returns the design, complete, and in *status whether images were skipped.
StudyDesign make_study(const PlanInputs& inputs, StudyDesign design, const std::string& folder, int* status);

}  // namespace sr3
