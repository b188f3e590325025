#include "cas/classifier_recipe.h"

#include <doctest/doctest.h>

#include <cmath>

#include <algorithm>

#include "base/error.h"
#include "base/relative.h"

using namespace sr3;

namespace {

Image pattern(int64_t width, int64_t height) {
  Image image = make_image(width, height);
  for (size_t i = 0; i < image.u8.size(); ++i) image.u8[i] = static_cast<uint8_t>(i * 31 % 253);
  return image;
}

}  // namespace

TEST_CASE("learning rates are those of the recipes' papers") {
  const ClassifierRecipe paper = recipe_named("resnet50");
  constexpr int64_t kEpoch = 100, kSteps = 90 * kEpoch;
  const auto rate = [&](int64_t epoch) { return paper.rate(epoch * kEpoch, kSteps, kEpoch); };
  CHECK(rate(0) < 0.001);
  CHECK(rate(2) == relative(0.04, 0.01));
  CHECK(rate(5) == relative(0.1));
  CHECK(rate(29) == relative(0.1));
  CHECK(rate(30) == relative(0.01));
  CHECK(rate(60) == relative(0.001));
  CHECK(rate(80) == relative(0.0001));
  const ClassifierRecipe digits = recipe_named("digits");
  CHECK(digits.rate(500, 1000, 100) == relative(0.05));
  CHECK(digits.rate(999, 1000, 100) < 1e-5);
  CHECK_THROWS_AS(recipe_named("large"), UsageError);
}

TEST_CASE("test images are the centred image, the same each time") {
  ClassifierRecipe recipe = recipe_named("small");
  const Image image = pattern(32, 32);
  const auto shown = shown_for_test(recipe, image);
  for (size_t i = 0; i < shown.size(); ++i) CHECK(std::abs(shown[i] - (image.u8[i] / 127.5 - 1)) < 1e-6);
  const auto wide = shown_for_test(recipe, pattern(64, 40));
  CHECK(wide.size() == 32 * 32 * 3);
  Image flat = make_image(300, 200);
  std::fill(flat.u8.begin(), flat.u8.end(), 51);
  recipe = recipe_named("resnet50");
  for (const float value : shown_for_test(recipe, flat)) CHECK(value == relative(-0.6, 1e-5));
}

TEST_CASE("training images are shifted by whole pixels, mirrored, or cropped, as determined by the random stream") {
  ClassifierRecipe recipe = recipe_named("small");
  const Image image = pattern(32, 32);
  bool moved = false, mirrored = false;
  for (uint64_t e = 0; e < 64; ++e) {
    RandomStream random(1, e, kRandomAugment), again(1, e, kRandomAugment);
    const auto shown = shown_for_training(recipe, image, random);
    CHECK(shown == shown_for_training(recipe, image, again));
    // The middle pixel is one that was at most 4 pixels away.
    const float* middle = &shown[(16 * 32 + 16) * 3];
    bool found = false;
    for (int64_t y = 12; y <= 20; ++y)
      for (int64_t x = 11; x <= 20; ++x) {
        const uint8_t* from = &image.u8[static_cast<size_t>((y * 32 + x) * 3)];
        found = found || std::equal(middle, middle + 3, from,
                                    [](float a, uint8_t b) { return std::abs(a - (b / 127.5f - 1)) < 1e-6f; });
      }
    CHECK(found);
    moved = moved || shown != shown_for_test(recipe, image);
    const uint8_t* left = &image.u8[(16 * 32 + 15) * 3];
    mirrored = mirrored || std::abs(shown[(16 * 32 + 16) * 3] - (left[0] / 127.5f - 1)) < 1e-6f;
  }
  CHECK(moved);
  Image flat = make_image(90, 60);
  std::fill(flat.u8.begin(), flat.u8.end(), 204);
  for (const char* name : {"digits", "small", "resnet50"}) {
    recipe = recipe_named(name);
    RandomStream random(2, 0, kRandomAugment);
    const auto shown = shown_for_training(recipe, flat, random);
    CHECK(shown.size() == static_cast<size_t>(recipe.size * recipe.size * 3));
    for (const float value : shown) REQUIRE(value == relative(0.6, 1e-4));
  }
}
