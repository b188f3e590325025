// study/power.h as a table to choose from.
#pragma once

#include <string>

#include "study/power.h"

namespace sr3 {

// A row for each of some numbers of images, from the fewest that are enough: raters of `trials` trials (of as many as
// there are images, where those are fewer), judgements, and half the width of the 95% interval that they give.
// UsageError where options make no sense.
std::string power_table(const PowerOptions& options, int64_t trials, bool json);

}  // namespace sr3
