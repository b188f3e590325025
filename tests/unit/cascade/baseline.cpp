#include "cascade/baseline.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace sr3;

TEST_CASE("nearest repeats pixels, at both depths") {
  Image image = make_image(2, 1);
  image.u8 = {1, 2, 3, 4, 5, 6};
  Baseline baseline;
  baseline.kernel = "nearest";
  baseline.scale = 2;
  const std::vector<uint8_t> row = {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6};
  std::vector<uint8_t> twice = row;
  twice.insert(twice.end(), row.begin(), row.end());
  const Image out = baseline(image);
  CHECK(out.width == 4);
  CHECK(out.height == 2);
  CHECK(out.u8 == twice);
  const Image deep = baseline(with_depth(image, 16));
  CHECK(deep.depth == 16);
  for (size_t i = 0; i < twice.size(); ++i) CHECK(deep.u16[i] == 257 * twice[i]);
}

TEST_CASE("box with an integer factor equals nearest") {
  Image image = make_image(3, 2);
  for (size_t i = 0; i < image.u8.size(); ++i) image.u8[i] = static_cast<uint8_t>(i * 13);
  Baseline box, nearest;
  box.kernel = "box", nearest.kernel = "nearest";
  box.scale = nearest.scale = 3;
  CHECK(box(image).u8 == nearest(image).u8);
}

TEST_CASE("kernel and scale are required together") {
  Baseline baseline;
  baseline.validate();
  baseline.scale = 2;
  CHECK_THROWS_AS(baseline.validate(), UsageError);
  baseline.kernel = "box";
  baseline.validate();
  baseline.scale.reset();
  CHECK_THROWS_AS(baseline.validate(), UsageError);
}
