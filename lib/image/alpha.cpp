#include "image/alpha.h"

#include <algorithm>
#include <array>
#include <limits>

namespace sr3 {
namespace {

constexpr uint32_t kOpaque = 65535;

template <class Sample>
void composite(std::vector<Sample>& samples, const std::vector<uint16_t>& alpha) {
  constexpr uint64_t kWhite = std::numeric_limits<Sample>::max();
  for (size_t i = 0; i < samples.size(); ++i) {
    const uint64_t a = alpha[i / Image::kChannels];
    samples[i] = static_cast<Sample>((a * samples[i] + (kOpaque - a) * kWhite + kOpaque / 2) / kOpaque);
  }
}

// A level of the pyramid: colours of which some are known.
struct Level {
  int64_t width = 0, height = 0;
  std::vector<std::array<float, 3>> colour;
  std::vector<uint8_t> known;

  Level(int64_t w, int64_t h) : width(w), height(h), colour(static_cast<size_t>(w * h)), known(colour.size()) {}
  size_t at(int64_t x, int64_t y) const {
    return static_cast<size_t>(std::clamp<int64_t>(y, 0, height - 1) * width + std::clamp<int64_t>(x, 0, width - 1));
  }
};

// Half the size: each pixel is the mean of the known ones among its four.
// known(x, y) and colour(x, y) are those of the larger level.
template <class Known, class Colour>
Level half_of(int64_t width, int64_t height, Known known, Colour colour) {
  Level half((width + 1) / 2, (height + 1) / 2);
  for (int64_t y = 0; y < half.height; ++y)
    for (int64_t x = 0; x < half.width; ++x) {
      std::array<float, 3> sum{};
      int count = 0;
      for (int64_t v = 2 * y; v < std::min(2 * y + 2, height); ++v)
        for (int64_t u = 2 * x; u < std::min(2 * x + 2, width); ++u) {
          if (!known(u, v)) continue;
          const std::array<float, 3> one = colour(u, v);
          for (size_t c = 0; c < 3; ++c) sum[c] += one[c];
          ++count;
        }
      if (count == 0) continue;
      for (float& value : sum) value /= static_cast<float>(count);
      half.colour[half.at(x, y)] = sum;
      half.known[half.at(x, y)] = 1;
    }
  return half;
}

// The colour of pixel (x, y) of the level above, between the four nearest pixels of `half`, all of which are known.
std::array<float, 3> between(const Level& half, int64_t x, int64_t y) {
  const int64_t left = (x - 1) >> 1, top = (y - 1) >> 1;
  const float right_share = x % 2 ? 0.25f : 0.75f, bottom_share = y % 2 ? 0.25f : 0.75f;
  std::array<float, 3> mixed{};
  for (size_t c = 0; c < 3; ++c) {
    const auto across = [&](int64_t row) {
      const float a = half.colour[half.at(left, row)][c], b = half.colour[half.at(left + 1, row)][c];
      return a + (b - a) * right_share;
    };
    const float a = across(top), b = across(top + 1);
    mixed[c] = a + (b - a) * bottom_share;
  }
  return mixed;
}

template <class Sample>
void fill(std::vector<Sample>& samples, const Image& image) {
  const auto index = [&](int64_t x, int64_t y) { return static_cast<size_t>(y * image.width + x); };
  std::vector<Level> levels;
  levels.push_back(half_of(
      image.width, image.height, [&](int64_t x, int64_t y) { return image.alpha[index(x, y)] > 0; },
      [&](int64_t x, int64_t y) {
        const Sample* const rgb = &samples[index(x, y) * 3];
        return std::array<float, 3>{static_cast<float>(rgb[0]), static_cast<float>(rgb[1]), static_cast<float>(rgb[2])};
      }));
  while (levels.back().width > 1 || levels.back().height > 1) {
    const Level& last = levels.back();
    levels.push_back(half_of(
        last.width, last.height, [&](int64_t x, int64_t y) { return last.known[last.at(x, y)] != 0; },
        [&](int64_t x, int64_t y) { return last.colour[last.at(x, y)]; }));
  }
  if (levels.back().known[0] == 0) return;  // nothing is visible
  for (size_t i = levels.size() - 1; i-- > 0;) {
    Level& level = levels[i];
    for (int64_t y = 0; y < level.height; ++y)
      for (int64_t x = 0; x < level.width; ++x)
        if (const size_t at = level.at(x, y); level.known[at] == 0) level.colour[at] = between(levels[i + 1], x, y);
  }
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      if (image.alpha[index(x, y)] > 0) continue;
      const std::array<float, 3> colour = between(levels[0], x, y);
      for (size_t c = 0; c < 3; ++c) samples[index(x, y) * 3 + c] = static_cast<Sample>(colour[c] + 0.5f);
    }
}

}  // namespace

bool is_opaque(const Image& image) {
  return std::all_of(image.alpha.begin(), image.alpha.end(), [](uint16_t alpha) { return alpha == kOpaque; });
}

Image over_white(Image image) {
  if (image.alpha.empty()) return image;
  if (image.depth == 8)
    composite(image.u8, image.alpha);
  else
    composite(image.u16, image.alpha);
  image.alpha.clear();
  return image;
}

Image with_filled_colours(Image image) {
  if (image.alpha.empty()) return image;
  if (image.depth == 8)
    fill(image.u8, image);
  else
    fill(image.u16, image);
  return image;
}

}  // namespace sr3
