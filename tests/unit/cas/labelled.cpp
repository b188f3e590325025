#include "cas/labelled.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "image/codec.h"
#include "stream/scratch.h"

using namespace sr3;

TEST_CASE("classes come from folders, and digests of images from their pixels") {
  const samples::Folder scratch;
  Image image = make_image(4, 3);
  image.u8[5] = 77;
  scratch.put("train/b/1.png", encode(image, Format::kPng, {}));
  scratch.put("train/a/2.ppm", encode(image, Format::kPnm, {}));
  image.u8[5] = 78;
  scratch.put("train/a/3.ppm", encode(image, Format::kPnm, {}));
  const LabelledImages images({scratch.path + "train"}, 64, 1);
  CHECK(images.size() == 3);
  CHECK(images.classes() == std::vector<std::string>{"a", "b"});
  CHECK(images.counts() == std::vector<int64_t>{2, 1});
  CHECK(images.label(2) == 1);
  CHECK(images.digest(0) == images.digest(2));  // the same pixels in two formats
  CHECK(images.digest(0) != images.digest(1));
  CHECK_THROWS_WITH_AS(LabelledImages({scratch.path + "train/a/2.ppm"}, 64, 1), doctest::Contains("no class"), Error);
}
