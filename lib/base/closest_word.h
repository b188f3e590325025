// What was probably meant by an unknown word, for error messages.
#pragma once

#include <string>
#include <vector>

namespace sr3 {

// Of words, the one that `given` probably means: with the fewest changes, of which a third of the letters may be concerned, or
// the only one that begins so; "" when nothing is close.
std::string closest_word(const std::vector<std::string>& words, const std::string& given);
// It as a remark, with a space before it: " (did you mean 'bicubic'?)"; "" when nothing is close.
std::string did_you_mean(const std::vector<std::string>& words, const std::string& given);

}  // namespace sr3
