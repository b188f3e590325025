// The sizes of studies that reach a goal (study/power.h), as a table to choose from.
#pragma once

#include <string>

#include "study/power.h"

namespace sr3 {

// The table has a row for each of several numbers of images, starting with the smallest that is enough: the raters, with
// `trials` trials each (or as many as there are images, if those are fewer), the judgements, and half the width of the
// resulting 95% interval. It is printed as by score_text (study/score.h). UsageError if an option is out of range.
std::string power_table(const PowerOptions& options, int64_t trials, bool json);

// What a study of so many images can show: half the width of the 95% interval for several numbers of raters, whatever the
// goal. images: at least 2.
std::string affordable_table(const PowerOptions& options, int64_t images, int64_t trials, bool json);

}  // namespace sr3
