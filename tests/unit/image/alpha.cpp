#include "image/alpha.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "image/samples.h"

using namespace sr3;
using namespace samples;

namespace {

// A pattern of which about `share` of 8 pixels are wholly transparent, and the others more or less opaque.
Image holed(int64_t width, int64_t height, int depth, uint32_t share) {
  Image image = pattern(width, height, depth);
  uint32_t state = 1;
  for (int64_t i = 0; i < width * height; ++i) {
    state = state * 1664525 + 1013904223;
    image.alpha.push_back((state >> 20) % 8 < share ? 0 : static_cast<uint16_t>(1 + (state >> 16) % 65535));
  }
  return image;
}

using Colour = std::optional<double>;

// Pull-push as it is defined: the mean of the known pixels among four, level by level; an unknown pixel lies between the
// four nearest ones of the next level. One channel, without any memory of what it has computed.
struct Pyramid {
  const Image& image;
  int channel;

  int64_t side(int64_t whole, int level) const { return level == 0 ? whole : (side(whole, level - 1) + 1) / 2; }
  Colour pulled(int level, int64_t x, int64_t y) const {
    if (x >= side(image.width, level) || y >= side(image.height, level)) return {};
    const auto at = static_cast<size_t>(y * image.width + x);
    if (level == 0) return image.alpha[at] ? Colour(image.u16[at * 3 + channel]) : Colour();
    double sum = 0;
    int known = 0;
    for (const auto& [u, v] : {std::pair{0, 0}, {1, 0}, {0, 1}, {1, 1}})
      if (const Colour one = pulled(level - 1, 2 * x + u, 2 * y + v)) sum += *one, ++known;
    return known ? Colour(sum / known) : Colour();
  }
  double pushed(int level, int64_t x, int64_t y) const {
    x = std::clamp<int64_t>(x, 0, side(image.width, level) - 1);
    y = std::clamp<int64_t>(y, 0, side(image.height, level) - 1);
    if (const Colour known = pulled(level, x, y)) return *known;
    const double in_x = (static_cast<double>(x) - 0.5) / 2, in_y = (static_cast<double>(y) - 0.5) / 2;
    double sum = 0;
    for (int u = 0; u < 2; ++u)
      for (int v = 0; v < 2; ++v) {
        const double left = std::floor(in_x) + u, top = std::floor(in_y) + v;
        sum += (1 - std::abs(in_x - left)) * (1 - std::abs(in_y - top)) *
               pushed(level + 1, static_cast<int64_t>(left), static_cast<int64_t>(top));
      }
    return sum;
  }
};

}  // namespace

TEST_CASE("alpha: composited over white, rounded to the nearest level") {
  for (const int depth : {8, 16}) {
    const Image image = holed(31, 17, depth, 2), flat = over_white(image);
    const double top = depth == 8 ? 255 : 65535;
    CHECK(flat.alpha.empty());
    bool nearest = true;
    for (size_t i = 0; i < image.samples(); ++i) {
      const double share = image.alpha[i / 3] / 65535.0, colour = depth == 8 ? image.u8[i] : image.u16[i];
      const double exact = share * colour + (1 - share) * top, made = depth == 8 ? flat.u8[i] : flat.u16[i];
      nearest &= std::abs(made - exact) <= 0.5 + 1e-9;
    }
    CHECK(nearest);
  }
  CHECK(over_white(pattern(3, 2)).u8 == pattern(3, 2).u8);
}

TEST_CASE("alpha: invisible pixels get the colours of their surroundings, visible ones keep theirs") {
  for (const auto& [width, height] : {std::pair{9, 7}, {1, 6}, {8, 1}, {5, 5}})
    for (const uint32_t share : {1, 5, 7}) {
      const Image image = holed(width, height, 16, share), filled = with_filled_colours(image);
      CHECK(filled.alpha == image.alpha);
      bool same = true;
      for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x)
          for (int c = 0; c < 3; ++c) {
            const double wanted = Pyramid{image, c}.pushed(0, x, y);
            same &= std::abs(filled.u16[static_cast<size_t>((y * width + x) * 3 + c)] - wanted) <= 0.51;
          }
      CHECK(same);
    }
}

TEST_CASE("alpha: what is under invisible pixels has no effect, and an image without visible ones stays") {
  Image one = holed(20, 13, 8, 4), other = one;
  for (size_t i = 0; i < one.samples(); ++i)
    if (one.alpha[i / 3] == 0) other.u8[i] = static_cast<uint8_t>(255 - other.u8[i]);
  CHECK(with_filled_colours(one).u8 == with_filled_colours(other).u8);
  Image red = make_image(11, 10);
  red.alpha.resize(110);
  for (size_t i = 0; i < 110; ++i) red.u8[i * 3 + (i % 7 ? 1 : 0)] = 255, red.alpha[i] = i % 7 ? 0 : 300;
  const Image filled = with_filled_colours(red);
  for (size_t i = 0; i < 330; ++i) CHECK(filled.u8[i] == (i % 3 ? 0 : 255));
  Image nothing = pattern(6, 5);
  nothing.alpha.assign(30, 0);
  CHECK(with_filled_colours(nothing).u8 == nothing.u8);
}

TEST_CASE("alpha: opaque, kept, dropped and laid over white by the decoder") {
  Image image = holed(7, 5, 8, 2);
  for (uint16_t& alpha : image.alpha) alpha = static_cast<uint16_t>(alpha / 257 * 257);
  for (const Format format : {Format::kPng, Format::kPnm}) {
    const Bytes file = encode(image, format, {});
    const Image kept = decode(file, "x", {}, Transparency::kKeep);
    CHECK(kept.u8 == image.u8);
    CHECK(kept.alpha == image.alpha);
    const Image dropped = decode(file, "x", {}, Transparency::kDrop);
    CHECK(dropped.u8 == image.u8);
    CHECK(dropped.alpha.empty());
    CHECK(decode(file, "x", {}).u8 == over_white(image).u8);
    Image opaque = image;
    opaque.alpha.assign(35, 65535);
    CHECK(is_opaque(opaque));
    CHECK_FALSE(is_opaque(image));
    CHECK(decode(encode(opaque, format, {}), "x", {}, Transparency::kKeep).alpha.empty());
  }
  // JPEG holds no alpha: what is written is the image over white.
  EncodeOptions best;
  best.jpeg_quality = 100;
  CHECK(encode(image, Format::kJpeg, best) == encode(over_white(image), Format::kJpeg, best));
}

TEST_CASE("alpha: depth, crop, padding and orientation keep it beside its pixels") {
  const Image image = holed(5, 4, 16, 2);
  CHECK(with_depth(image, 8).alpha == image.alpha);
  const Image part = crop(image, 1, 2, 3, 2);
  for (int64_t y = 0; y < 2; ++y)
    for (int64_t x = 0; x < 3; ++x) CHECK(part.alpha[y * 3 + x] == image.alpha[(y + 2) * 5 + x + 1]);
  const Image wide = padded(image, 9);
  CHECK(wide.alpha.size() == 81);
  CHECK(wide.alpha[0] == image.alpha[0]);
  CHECK(wide.alpha[2 * 9 + 2] == image.alpha[0]);
  CHECK(wide.alpha[80] == image.alpha[19]);
}
