#include "base/utf8.h"

#include <doctest/doctest.h>

using namespace sr3;

TEST_CASE("utf8: any bytes become UTF-8 and back; what is UTF-8 stays as it is") {
  const auto check = [](const std::string& bytes, const std::string& text) {
    CHECK(utf8_from_bytes(bytes) == text);
    CHECK(bytes_from_utf8(text) == bytes);
  };
  for (const std::string text :
       {"", "a b/c.png", "日本 été 😀", "C:\\dir\\xml", "\\x", "\\x7F", "\\xe9", "\\", "\\n", "\t"})
    check(text, text);
  check("caf\xe9", "caf\\xE9");
  check("\xff\xfe\x80", "\\xFF\\xFE\\x80");
  check("\xe6\x97", "\\xE6\\x97");                             // truncated
  check("\xc0\xaf\xed\xa0\x80", "\\xC0\\xAF\\xED\\xA0\\x80");  // overlong; a surrogate
  check("\\xE9", "\\x5CxE9");
  check("\\x5C", "\\x5Cx5C");
  check("\\\\xE9\xe9", "\\\\x5CxE9\\xE9");
  check("\\x\xe9", "\\x\\xE9");
  // All short texts of the bytes that matter: the mapping is one to one.
  const std::string alphabet("\\xE9C5\xe9\xc3\xa9", 9);
  for (size_t i = 0; i < 9 * 9 * 9 * 9 * 9; ++i) {
    std::string bytes;
    for (size_t k = 0, rest = i; k < 5; ++k, rest /= 9) bytes += alphabet[rest % 9];
    const std::string text = utf8_from_bytes(bytes);
    if (bytes_from_utf8(text) != bytes) FAIL(text);
    for (std::string_view left = text; !left.empty(); left.remove_prefix(first_character(left).bytes))
      if (first_character(left).bytes == 0) FAIL(text);
  }
}
