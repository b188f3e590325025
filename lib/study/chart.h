// The result as papers show it: a bar for each model with its interval, a line at 50%. SVG: sharp at any size, and no
// fonts or libraries are needed to make it.
#pragma once

#include <string>
#include <vector>

#include "study/score.h"

namespace sr3 {

// Of a "rate" table: the kept answers of people; of machines, paler and named. Groups by task. Error when there is no
// rate.
std::string chart_svg(const std::vector<ScoreTable>& tables);

}  // namespace sr3
