#include "base/utf8.h"

#include <optional>

namespace sr3 {

namespace {

// The byte of the escape that a text begins with. Only bytes beyond ASCII and the backslash are ever escaped.
std::optional<unsigned char> escaped_byte(std::string_view text) {
  if (text.size() < 4 || text[0] != '\\' || text[1] != 'x') return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(2, 2)) {
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'))) return std::nullopt;
    value = value << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'A' + 10);
  }
  if (value < 0x80 && value != '\\') return std::nullopt;
  return static_cast<unsigned char>(value);
}

}  // namespace

Utf8Character first_character(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {text.empty() ? size_t{0} : 1, lead};
  const size_t n = lead >= 0xc2 && lead <= 0xdf   ? 2
                   : lead >= 0xe0 && lead <= 0xef ? 3
                   : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                  : 0;
  if (n == 0) return {};
  unsigned code = lead & (0x7fu >> n);
  for (size_t i = 1; i < n; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (n == 3 && code < 0x800) || (n == 4 && code < 0x10000),
             invalid = code > 0x10ffff || (code >> 11) == 0x1b;
  if (overlong || invalid) return {};
  return {n, code};
}

std::string utf8_from_bytes(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  while (!bytes.empty()) {
    const size_t n = first_character(bytes).bytes;
    if (n == 0 || escaped_byte(bytes)) {
      const auto byte = static_cast<unsigned char>(bytes[0]);
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
      bytes.remove_prefix(1);
    } else {
      text += bytes.substr(0, n);
      bytes.remove_prefix(n);
    }
  }
  return text;
}

std::string bytes_from_utf8(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const auto byte = escaped_byte(text);
    bytes += byte ? static_cast<char>(*byte) : text[0];
    text.remove_prefix(byte ? 4 : 1);
  }
  return bytes;
}

}  // namespace sr3
