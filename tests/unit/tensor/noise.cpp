#include "tensor/noise.h"
#include "base/relative.h"
#include "tensor/aten.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <cmath>

using namespace sr3;

namespace {

float value(const at::Tensor& chw, int64_t c, int64_t y, int64_t x) { return chw[c][y][x].item<float>(); }

}  // namespace

// Counter (2 * 5 + 3, 3 << 16 | channel / 4, 7, 1), key (9, 2), by an independent Philox and Box-Muller in Python.
TEST_CASE("noise is Philox at the pixel's counter") {
  const auto noise = philox_noise({(uint64_t{2} << 32) | 9, (uint64_t{1} << 32) | 7}, 3, 6, 4, 5);
  CHECK((noise.sizes() == at::IntArrayRef({6, 4, 5})));
  CHECK(value(noise, 0, 2, 3) == relative(-0.101351881, 1e-5));
  CHECK(value(noise, 3, 2, 3) == relative(2.196525551, 1e-5));
  CHECK(value(noise, 4, 2, 3) == relative(-2.552941969, 1e-5));
  CHECK(value(noise, 5, 2, 3) == relative(-0.294023966, 1e-5));
}

TEST_CASE("a window equals the part of the field, whatever the height and the number of channels") {
  const NoiseKey key{5, 77};
  const auto field = philox_noise(key, 2, 3, 40, 150);
  const auto window = philox_noise_window(key, 2, 3, 150, 17, 9, 100, 20);
  CHECK(at::equal(window, field.slice(1, 9, 29).slice(2, 17, 117)));
  CHECK(at::equal(philox_noise(key, 2, 3, 11, 150), field.slice(1, 0, 11)));
  CHECK(at::equal(philox_noise(key, 2, 1, 40, 150), field.slice(0, 0, 1)));
  // The width matters, because it is in the counter. The first row is the same.
  const auto narrow = philox_noise(key, 2, 3, 40, 149);
  CHECK(at::equal(narrow.slice(1, 0, 1), field.slice(1, 0, 1).slice(2, 0, 149)));
  CHECK_FALSE(at::equal(narrow, field.slice(2, 0, 149)));
}

TEST_CASE("the noise does not depend on the number of threads") {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = philox_noise({1, 1}, 0, 3, 300, 301);
  at::set_num_threads(3);
  CHECK(at::equal(philox_noise({1, 1}, 0, 3, 300, 301), one));
  at::set_num_threads(before);
}

TEST_CASE("seeds, images, steps and channels are uncorrelated standard normals") {
  const auto flat = [](NoiseKey key, uint32_t step) {
    return philox_noise(key, step, 3, 128, 128).to(at::kDouble).flatten();
  };
  const std::vector<at::Tensor> fields = {flat({0, 0}, 0),
                                          flat({1, 0}, 0),
                                          flat({0, 1}, 0),
                                          flat({0, 0}, 1),
                                          flat({0, uint64_t{1} << 32}, 0),
                                          flat({uint64_t{1} << 32, 0}, 0)};
  const auto n = static_cast<double>(fields[0].numel());
  for (size_t i = 0; i < fields.size(); ++i) {
    CHECK(std::abs(fields[i].mean().item<double>()) < 4.5 / std::sqrt(n));
    CHECK(std::abs(fields[i].var().item<double>() - 1) < 4.5 * std::sqrt(2 / n));
    for (size_t j = 0; j < i; ++j) CHECK(std::abs((fields[i] * fields[j]).mean().item<double>()) < 4.5 / std::sqrt(n));
  }
  const auto planes = fields[0].view({3, -1});
  for (int64_t c = 0; c < 3; ++c)
    CHECK(std::abs((planes[c] * planes[(c + 1) % 3]).mean().item<double>()) < 4.5 / std::sqrt(n / 3));
}

TEST_CASE("a step, a window or a field out of range is a programming error") {
  CHECK_THROWS_AS(philox_noise({0, 0}, 65536, 3, 2, 2), std::logic_error);
  CHECK_THROWS_AS(philox_noise_window({0, 0}, 0, 3, 10, 5, 0, 6, 1), std::logic_error);
  CHECK_THROWS_AS(philox_noise_window({0, 0}, 0, 3, 70000, 0, 70000, 1, 1), std::logic_error);
  CHECK(philox_noise({0, 0}, 0, 3, 0, 0).numel() == 0);
}
