// Width and height from an image's first bytes, without decoding, so that a folder of a million photographs is checked in
// seconds. The size is the stored one: EXIF orientation may swap width and height.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace sr3 {

// The size, or nothing if the bytes are not an image, are damaged, or end before the size.
std::optional<std::pair<int64_t, int64_t>> peek_size(std::span<const uint8_t> head);

}  // namespace sr3
