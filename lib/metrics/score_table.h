// The table of sr-metrics(1): a row for each pair of images, then their mean, as text with tabs or as JSON lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "metrics/scores.h"

namespace sr3 {

struct ScoredPair {
  std::string name;
  int64_t index = 0;  // the pair's place in the reference
  Scores scores;
};

// The mean of each column over the pairs that have a value there. pairs: at least one.
Scores mean_scores(const std::vector<ScoredPair>& pairs);

// The whole table in order of index, each line with its newline. Without pairs there is no mean,
// nor of pairs that are not `complete`. consistency: whether
// the header of the text names the columns consistency and rounding_floor, which all pairs or none have.
std::string score_table(std::vector<ScoredPair> pairs, bool consistency, bool json, bool complete = true);

// What was measured against the reference, of several.
struct ScoredSet {
  std::string name;  // the operand
  std::vector<ScoredPair> pairs;
};

// A row for each set: its mean and the number of images, from which it is taken. Sets without pairs have no row.
std::string set_table(const std::vector<ScoredSet>& sets, bool consistency, bool json);

}  // namespace sr3
