// Width and height from an image's first bytes, without decoding: whether a folder of a million photographs can serve is known
// in seconds. As stored: EXIF orientation may swap the two later.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace sr3 {

// Nothing when the bytes are no image, are damaged, or do not reach far enough.
std::optional<std::pair<int64_t, int64_t>> peek_size(std::span<const uint8_t> head);

}  // namespace sr3
