// The results of a study, as tables.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "study/gather.h"

namespace sr3 {

// Rows of one kind, which all have the same keys.
struct ScoreTable {
  std::string record;  // "rate", "difference", "check", "exclusion", "image"
  std::vector<nlohmann::ordered_json> rows;
};

struct StudyScoreOptions {
  int64_t replicates = 2000;
  uint64_t seed = 0;
  double margin = -1;  // -1: the study's
  bool per_image = false;
};

// Computes the tables of sets of answers. Their records are
//   rate         the confusion rate of each model, from the kept answers and from all; for machines that scored all
//                images, from the pairs and from the area under the ROC curve
//   difference   the difference of each two models with the same raters
//   check        properties of the raters: missed catch trials, controls (50% expected), agreement with themselves,
//                preference for the left side, response times
//   exclusion    the numbers of answers that each rule, and each fault of the files, has excluded
//   image        the confusion rate of each image; with options.per_image, instead of all others
std::vector<ScoreTable> score_tables(const std::vector<AnswerSet>& sets, const StudyScoreOptions& options);

// The tables as text with tab-separated columns and header lines, separated by empty lines; with `json` as JSON lines,
// each with its "record".
std::string score_text(const std::vector<ScoreTable>& tables, bool json);

}  // namespace sr3
