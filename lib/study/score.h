// What a study found, as tables.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "study/gather.h"

namespace sr3 {

// Rows of one kind; the same keys in each.
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

// Records:
//   rate         of each model, kept answers and all; of machines that scored all images, by pairs and by the area
//                under the curve
//   difference   of each two models with the same raters
//   check        of the raters: catch trials missed, controls (50% expected), agreement with themselves, left side,
//                response times
//   exclusion    how many answers each rule, and each fault of the files, has left out
//   image        instead of all these: each image's share
std::vector<ScoreTable> score_tables(const std::vector<AnswerSet>& sets, const StudyScoreOptions& options);

// Tables separated by empty lines, each with its header; or JSON lines, each with its "record".
std::string score_text(const std::vector<ScoreTable>& tables, bool json);

}  // namespace sr3
