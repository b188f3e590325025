#include "tensor/convert.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/relative.h"
#include "tensor/aten.h"

using namespace sr3;

TEST_CASE("eight and sixteen bits survive a round trip") {
  for (int depth : {8, 16}) {
    const int64_t levels = depth == 8 ? 256 : 65536;
    Image image = make_image(levels / 4, 4, depth);
    for (size_t i = 0; i < image.samples(); ++i) {
      const auto value = (i / 3 + i % 3 * 77) % static_cast<size_t>(levels);
      if (depth == 8)
        image.u8[i] = static_cast<uint8_t>(value);
      else
        image.u16[i] = static_cast<uint16_t>(value);
    }
    const auto tensor = to_tensor(image);
    CHECK((tensor.scalar_type() == at::kFloat));
    CHECK((tensor.sizes() == at::IntArrayRef({3, 4, levels / 4})));
    CHECK(tensor[0][0][0].item<float>() == -1);
    CHECK(tensor.max().item<float>() == 1);
    for (const auto& again : {to_image(tensor, depth), to_image(tensor.to(at::kDouble), depth),
                              to_image(tensor.permute({1, 2, 0}).contiguous().permute({2, 0, 1}), depth)}) {
      CHECK(again.width == image.width);
      CHECK(again.u8 == image.u8);
      CHECK(again.u16 == image.u16);
    }
  }
}

TEST_CASE("channels become planes, and rows stay rows") {
  Image image = make_image(2, 1);
  image.u8 = {0, 51, 102, 153, 204, 255};
  const auto tensor = to_tensor(image);
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t x = 0; x < 2; ++x)
      CHECK(tensor[c][0][x].item<double>() == relative((51.0 * static_cast<double>(3 * x + c)) / 127.5 - 1, 1e-6));
}

TEST_CASE("halves are rounded up; values out of range, including infinities, are clamped") {
  // (x + 1) * 127.5 = 0.5 at -1 + 1/255; exact in doubles only for x = 0: 127.5 -> 128.
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> in = {0.0, -1 + 0.499 / 127.5, -1 + 0.501 / 127.5, -1.5, 1.5, inf, -inf, 1.0, -1.0};
  const auto image = to_image(at::tensor(in, at::kDouble).view({3, 1, 3}));
  const std::vector<uint8_t> planes = {128, 0, 1, 0, 255, 255, 0, 255, 0};
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t x = 0; x < 3; ++x)
      CHECK(image.u8[static_cast<size_t>(x * 3 + c)] == planes[static_cast<size_t>(c * 3 + x)]);
  CHECK(to_image(at::zeros({3, 1, 1}), 16).u16[0] == 32768);
  CHECK(to_image(at::zeros({3, 1, 1}, at::kHalf)).u8[0] == 128);
}

TEST_CASE("a NaN is an error, and a wrong shape a programming error") {
  auto chw = at::zeros({3, 50, 50});
  chw[2][49][49] = std::nan("");
  CHECK_THROWS_WITH_AS(to_image(chw), "cannot make an image: a value is not a number", Error);
  CHECK_THROWS_AS(to_image(at::zeros({2, 4, 4})), std::logic_error);
  CHECK_THROWS_AS(to_image(at::zeros({3, 4})), std::logic_error);
  CHECK_THROWS_AS(to_image(at::zeros({3, 4, 4}, at::kByte)), std::logic_error);
}

TEST_CASE("one channel: colours become luma, and output has three equal channels") {
  Image image = make_image(256, 1);
  for (size_t i = 0; i < image.samples(); ++i) image.u8[i] = static_cast<uint8_t>(i / 3);
  const auto grey = to_tensor(image, 1);
  CHECK((grey.sizes() == at::IntArrayRef({1, 1, 256})));
  CHECK(at::equal(grey[0], to_tensor(image)[0]));
  CHECK(to_image(grey).u8 == image.u8);
  const auto units = to_units(image, 1);
  for (int64_t i = 0; i < 256; ++i) CHECK(units[static_cast<size_t>(i)] == grey[0][0][i].item<float>());

  // ITU-R 601: 0.299, 0.587, 0.114.
  Image colours = make_image(3, 1);
  colours.u8 = {255, 0, 0, 0, 255, 0, 0, 0, 255};
  const auto luma = (to_tensor(colours, 1) + 1) * 127.5;
  CHECK(luma[0][0][0].item<double>() == relative(76));
  CHECK(luma[0][0][1].item<double>() == relative(150));
  CHECK(luma[0][0][2].item<double>() == relative(29));
  CHECK_THROWS_AS(to_tensor(colours, 2), std::logic_error);
}
