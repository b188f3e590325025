// The tables of nearest(1), as text with tabs or as JSON lines.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "metrics/nearest.h"

namespace sr3 {

struct ComparedSet {
  std::string name;                                     // the operand
  std::vector<std::pair<std::string, Nearest>> images;  // with their keys
};

// A row for each set: how many of its images are copies, with a ratio below the threshold, their share with its 95% interval
// (base/proportion.h), and the smallest and the median ratio.
std::string copies_table(const std::vector<ComparedSet>& sets, double threshold, bool json);
// A row for each image of all sets, in their order.
std::string nearest_table(const std::vector<ComparedSet>& sets, double threshold, bool json);

}  // namespace sr3
