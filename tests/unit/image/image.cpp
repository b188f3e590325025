#include "image/image.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "image/samples.h"

using namespace sr3;
using namespace samples;

TEST_CASE("image: depth conversion rounds to nearest, and 8 bits survive conversion to 16 and back") {
  Image deep = make_image(65536 / 3 + 1, 1, 16);
  for (size_t i = 0; i < deep.u16.size(); ++i) deep.u16[i] = static_cast<uint16_t>(i);
  const Image flat = with_depth(deep, 8);
  bool nearest = true;
  for (size_t i = 0; i < deep.u16.size(); ++i) nearest &= flat.u8[i] == std::floor(deep.u16[i] / 257.0 + 0.5);
  CHECK(nearest);
  const Image image = pattern(20, 10);
  CHECK(with_depth(image, 16).u16[5] == image.u8[5] * 257);
  CHECK(with_depth(with_depth(image, 16), 8).u8 == image.u8);
}

TEST_CASE("image: crop") {
  const Image image = pattern(7, 5, 16);
  const Image part = crop(image, 2, 1, 3, 4);
  CHECK(part.width == 3);
  CHECK(part.height == 4);
  for (int64_t y = 0; y < 4; ++y)
    for (int64_t x = 0; x < 9; ++x) CHECK(part.u16[y * 9 + x] == image.u16[(y + 1) * 21 + 6 + x]);
  CHECK_THROWS_AS(crop(image, 5, 0, 3, 1), std::logic_error);
  CHECK_THROWS_AS(crop(image, -1, 0, 3, 1), std::logic_error);
  CHECK_THROWS_AS(crop(image, 0, 0, 0, 1), std::logic_error);
}
