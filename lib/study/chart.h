// The chart of a study's result as papers show it: a bar for each model with its interval, and a line at 50%. It is SVG:
// sharp at any size, and written without fonts or libraries.
#pragma once

#include <string>
#include <vector>

#include "study/score.h"

namespace sr3 {

// Draws the rows of "rate" tables for kept answers, grouped by task. The bars of machine raters are paler and labelled.
// Error if there is no rate to draw.
std::string chart_svg(const std::vector<ScoreTable>& tables);

}  // namespace sr3
