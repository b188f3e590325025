#include "degrade/interpolate.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

using namespace sr3;

namespace {

std::vector<float> line(const std::vector<float>& in, int64_t out, Kernel kernel) {
  return interpolated(in, static_cast<int64_t>(in.size()), 1, 1, out, 1, kernel);
}

void check_near(const std::vector<float>& got, const std::vector<double>& wanted) {
  REQUIRE(got.size() == wanted.size());
  for (size_t i = 0; i < got.size(); ++i) CHECK(std::abs(static_cast<double>(got[i]) - wanted[i]) < 1e-5);
}

}  // namespace

TEST_CASE("bilinear takes two pixels, without antialiasing") {
  check_near(line({0, 8}, 4, Kernel::kBilinear), {0, 2, 6, 8});
  check_near(line({0, 1, 2, 3, 40, 5, 6, 7, 8}, 3, Kernel::kBilinear), {1, 40, 7});  // the middle pixel of each three
  check_near(line({0, 10, 20, 30, 40}, 2, Kernel::kBilinear), {7.5, 32.5});          // u = 0.75 and 3.25
}

TEST_CASE("bicubic has the weights of a = -0.75, with a repeated border") {
  // At t = 0.25 and 0.75: -0.10546875, 0.87890625, 0.26171875, -0.03515625 and their mirror image.
  const std::vector<float> in = {3, 100, 7, 50};
  const double w[4] = {-0.10546875, 0.87890625, 0.26171875, -0.03515625};
  check_near(line(in, 8, Kernel::kBicubic),
             {w[3] * 3 + w[2] * 3 + w[1] * 3 + w[0] * 100, w[0] * 3 + w[1] * 3 + w[2] * 100 + w[3] * 7,
              w[3] * 3 + w[2] * 3 + w[1] * 100 + w[0] * 7, w[0] * 3 + w[1] * 100 + w[2] * 7 + w[3] * 50,
              w[3] * 3 + w[2] * 100 + w[1] * 7 + w[0] * 50, w[0] * 100 + w[1] * 7 + w[2] * 50 + w[3] * 50,
              w[3] * 100 + w[2] * 7 + w[1] * 50 + w[0] * 50, w[0] * 7 + w[1] * 50 + w[2] * 50 + w[3] * 50});
  check_near(line({0, 10, 20, 30, 40, 50}, 2, Kernel::kBicubic), {10, 40});  // whole pixels: their own values
}

TEST_CASE("box is the mean of the pixels that an output pixel touches") {
  check_near(line({1, 2, 3, 4, 5}, 2, Kernel::kBox), {2, 4});  // pixels 0..2 and 2..4
  check_near(line({1, 2, 3, 4, 5, 6}, 2, Kernel::kBox), {2, 5});
  check_near(line({1, 5}, 3, Kernel::kBox), {1, 3, 5});
}

TEST_CASE("both directions and all channels are resized, and the same size changes nothing") {
  std::vector<float> in;
  for (int i = 0; i < 4 * 6 * 3; ++i) in.push_back(static_cast<float>(i * i % 97));
  for (const Kernel kernel : {Kernel::kBox, Kernel::kBilinear, Kernel::kBicubic})
    CHECK(interpolated(in, 4, 6, 3, 4, 6, kernel) == in);
  const std::vector<float> out = interpolated(in, 4, 6, 3, 2, 3, Kernel::kBox);
  REQUIRE(out.size() == 18);
  for (size_t y = 0; y < 3; ++y)
    for (size_t x = 0; x < 2; ++x)
      for (size_t c = 0; c < 3; ++c) {
        const auto at = [&](size_t row, size_t column) { return in[(row * 4 + column) * 3 + c]; };
        const float mean =
            (at(2 * y, 2 * x) + at(2 * y, 2 * x + 1) + at(2 * y + 1, 2 * x) + at(2 * y + 1, 2 * x + 1)) / 4;
        CHECK(std::abs(out[(y * 2 + x) * 3 + c] - mean) < 1e-4F);
      }
  CHECK_THROWS_AS(interpolation_weights(4, 2, Kernel::kLanczos), std::logic_error);
}
