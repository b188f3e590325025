#include "degrade/enlarge.h"

#include <algorithm>
#include <cmath>

#include "degrade/resize.h"

namespace sr3 {

Enlargement enlargement_named(const std::string& word) {
  if (word == "pillow-bicubic") return {Kernel::kBicubic, true};
  return {kernel_named(word), false};
}

std::vector<float> enlarge(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                           int64_t width, int64_t height, Enlargement how) {
  return enlarge_rows(in, in_width, in_height, channels, width, height, how, {0, height});
}

std::vector<float> enlarge_rows(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                                int64_t width, int64_t height, Enlargement how, Rows rows) {
  if (!how.whole_levels) return resize_float_rows(in, in_width, in_height, channels, width, height, how.kernel, rows);
  const auto plane = [&](size_t i, size_t c) { return channels == 1 ? i : i * 3 + c; };  // grey is repeated three times
  Image small = make_image(in_width, in_height);
  for (size_t i = 0; i < small.u8.size() / 3; ++i)
    for (size_t c = 0; c < 3; ++c)
      small.u8[i * 3 + c] =
          static_cast<uint8_t>(std::clamp(std::floor((in[plane(i, c)] + 1) * 127.5F + 0.5F), 0.0F, 255.0F));
  const Image large = resize_rows(small, width, height, how.kernel, Convention::kPillow, rows);
  std::vector<float> out(large.u8.size() / 3 * static_cast<size_t>(channels));
  for (size_t i = 0; i < large.u8.size() / 3; ++i)
    for (size_t c = 0; c < static_cast<size_t>(channels); ++c)
      out[plane(i, c)] = static_cast<float>(large.u8[i * 3 + c]) / 127.5F - 1;
  return out;
}

}  // namespace sr3
