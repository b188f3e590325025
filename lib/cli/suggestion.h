// What the user of an unknown option probably meant, for the error message: a misspelt name, or the name that other
// programs of the field have for the same thing. A suggestion only: there is one name for each option.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"

namespace sr3::cli {

// A remark in brackets, with a space before it, such as " (did you mean '--learning-rate'?)"; "" when nothing is close.
// given: the unknown name without its dashes. The program's options are compared without regard to case and to whether
// words are joined by '-' or '_'.
std::string suggestion(const Options& options, const std::string& given);

}  // namespace sr3::cli
