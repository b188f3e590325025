#include "data/labelled.h"

#include <doctest/doctest.h>

#include <set>

#include "base/error.h"
#include "image/codec.h"
#include "stream/scratch.h"

using namespace sr3;

TEST_CASE("an epoch shows each image once, each epoch in its own order, the same from anywhere") {
  EpochOrder order(10, 3), other(10, 4), late(10, 3);
  std::vector<int64_t> first, second, others;
  for (int64_t e = 0; e < 10; ++e) first.push_back(order(e)), others.push_back(other(e));
  for (int64_t e = 10; e < 20; ++e) second.push_back(order(e));
  CHECK(std::set(first.begin(), first.end()).size() == 10);
  CHECK(std::set(second.begin(), second.end()).size() == 10);
  CHECK(first != second);
  CHECK(first != others);
  CHECK(late(15) == second[5]);
}

TEST_CASE("classes come from folders, and images are known by their pixels") {
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
