// UTF-8, and a mapping of any bytes to it that can be reversed: names of files have any encoding, JSON has only this one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sr3 {

// The character that a text begins with.
struct Utf8Character {
  size_t bytes = 0;  // 0: the text is empty or does not begin with valid UTF-8
  char32_t code = 0;
};
Utf8Character first_character(std::string_view text);

// The bytes as UTF-8: each byte that is not part of valid UTF-8 becomes \xHH, with two capital digits; so does a backslash
// that would otherwise be read as the beginning of such an escape. All other text stays as it is.
std::string utf8_from_bytes(std::string_view bytes);
// The reverse.
std::string bytes_from_utf8(std::string_view text);

}  // namespace sr3
