#include "image/peek.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string_view>

#include "image/containers.h"
#include "image/jpeg_markers.h"
#include "image/pnm.h"

namespace sr3 {
namespace {

using Size = std::optional<std::pair<int64_t, int64_t>>;
using Head = std::span<const uint8_t>;

int64_t big_endian(Head head, size_t at, int bytes) {
  int64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | head[at + i];
  return value;
}

Size positive(int64_t width, int64_t height) {
  if (width < 1 || height < 1) return std::nullopt;
  return std::pair(width, height);
}

// IHDR is the first chunk: length, name, width, height.
Size of_png(Head head) {
  if (head.size() < 24 || big_endian(head, 12, 4) != 0x49484452) return std::nullopt;
  return positive(big_endian(head, 16, 4), big_endian(head, 20, 4));
}

// Skips segments up to the frame header, and what lies between them, as libjpeg does.
Size of_jpeg(Head head) {
  for (size_t at = 2; at + 4 <= head.size(); ++at) {
    if (head[at] != 0xff || head[at + 1] == 0xff || head[at + 1] == 0) continue;
    const uint8_t marker = head[at + 1];
    if (is_frame(marker)) {
      if (at + 9 > head.size()) return std::nullopt;
      return positive(big_endian(head, at + 7, 2), big_endian(head, at + 5, 2));
    }
    if (marker == 0xda || marker == 0xd9) return std::nullopt;
    if (!stands_alone(marker)) at += std::max<size_t>(2, static_cast<size_t>(big_endian(head, at + 2, 2)));
    ++at;
  }
  return std::nullopt;
}

Size of_pnm(Head head) {
  int64_t number[2] = {0, 0};
  size_t at = 2;
  for (int64_t& value : number) {
    while (at < head.size() && (std::isspace(head[at]) || head[at] == '#')) {
      if (head[at] == '#')
        while (at < head.size() && head[at] != '\n' && head[at] != '\r') ++at;
      else
        ++at;
    }
    while (at < head.size() && std::isdigit(head[at]) && value < (int64_t{1} << 32))
      value = value * 10 + head[at++] - '0';
    if (at == head.size()) return std::nullopt;  // there may be more digits
  }
  return positive(number[0], number[1]);
}

// The lines WIDTH and HEIGHT, which may be in any order.
Size of_pam(Head head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  const auto number_after = [&](std::string_view word) {
    int64_t value = 0;
    size_t at = text.find(word);
    if (at == std::string_view::npos) return value;
    for (at += word.size(); at < text.size() && (text[at] == ' ' || text[at] == '\t');) ++at;
    while (at < text.size() && std::isdigit(head[at]) && value < (int64_t{1} << 32))
      value = value * 10 + text[at++] - '0';
    return at < text.size() ? value : 0;  // there may be more digits
  };
  return positive(number_after("\nWIDTH"), number_after("\nHEIGHT"));
}

}  // namespace

Size peek_size(Head head) {
  if (head.size() < 4) return std::nullopt;
  if (head[0] == 0x89 && head[1] == 'P') return of_png(head);
  if (head[0] == 0xff && head[1] == 0xd8) return of_jpeg(head);
  if (head[0] == 'P' && (head[1] == '5' || head[1] == '6')) return of_pnm(head);
  if (begins_as_webp(head)) return size_of_webp(head);
  if (begins_as_tiff(head)) return size_of_tiff(head);
  if (begins_as_gif(head)) return size_of_gif(head);
  if (head[0] == 'P' && head[1] == '7') return of_pam(head.first(std::min(head.size(), kPnmMaxHeader)));
  return std::nullopt;
}

}  // namespace sr3
