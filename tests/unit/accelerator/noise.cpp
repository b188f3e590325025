// Random numbers that are made on the device.
#include "tensor/noise.h"

#include <doctest/doctest.h>

#include "accelerator/stand_in.h"
#include "base/rng.h"
#include "nn/dropout.h"
#include "tensor/aten.h"
#include "tensor/philox.h"

using namespace sr3;
using stand_in::kDevice;
using stand_in::traffic;

TEST_CASE("accelerator: noise has the bits of the CPU's, and nothing is copied") {
  const uint64_t high = uint64_t{1} << 32;
  const std::vector<NoiseKey> keys = {{5, 77}, {high * 9 + 4, high * 0xFFFFFFFF + 3}, {~uint64_t{0}, 0}};
  for (const int64_t channels : {1, 3, 6}) {
    const NoiseField here(keys, channels, 301, at::kCPU), there(keys, channels, 301, kDevice);
    for (const uint32_t step : {0, 1, 65535}) {
      const auto before = traffic();
      const at::Tensor noise = there(step, 17, 200);
      const auto of = traffic() - before;
      CHECK(of.uploads + of.downloads + of.waits == 0);
      CHECK(noise.device() == kDevice);
      const at::Tensor wanted = here(step, 17, 200);
      CHECK(at::equal(noise.to(at::kCPU), wanted));
      CHECK(at::equal(wanted[1], philox_noise_window(keys[1], step, channels, 301, 0, 17, 301, 200)));
    }
  }
  // Images in a row have nothing to copy.
  const std::vector<NoiseKey> row = {{high + 5, high - 1}, {high + 5, high}, {high + 5, high + 1}};
  const auto before = traffic();
  const at::Tensor noise = NoiseField(row, 3, 50, kDevice)(2, 0, 9);
  CHECK((traffic() - before).uploads == 0);
  CHECK(at::equal(noise.to(at::kCPU), NoiseField(row, 3, 50, at::kCPU)(2, 0, 9)));
  CHECK_THROWS_AS(NoiseField(keys, 1, 301, kDevice)(65536, 0, 1), std::logic_error);
  CHECK_THROWS_AS(NoiseField(keys, 1, 70000, kDevice)(0, 70000, 1), std::logic_error);
}

// The ends of the logarithm's and the sine's ranges, which random counters do not reach.
TEST_CASE("accelerator: normal numbers of every uniform number's kind have the CPU's bits") {
  const at::Tensor low = at::arange(1 << 16, at::kLong), high = low + ((1 << 24) - (1 << 16));
  const at::Tensor k = at::cat({low, high, at::arange(0, 1 << 24, 211, at::kLong)}).mul(256).unsqueeze(0);
  const at::Tensor normals = philox_normals({k, k, k.flip(1), k});
  // By libm in double precision: the CPU's own function takes counters, and not words.
  const auto close = [&](const at::Tensor& of_radius, const at::Tensor& of_angle, int64_t first) {
    const at::Tensor u = (of_radius.div(256, "floor") + 1).to(at::kDouble) / (1 << 24);
    const at::Tensor angle = of_angle.div(256, "floor").to(at::kDouble) * (6.283185307179586477 / (1 << 24));
    const at::Tensor radius = (u.log() * -2).sqrt();
    const at::Tensor wanted = at::stack({radius * angle.cos(), radius * angle.sin()}, 1);
    const at::Tensor error = (normals.narrow(1, first, 2).to(at::kDouble) - wanted).abs();
    return (error / (radius.unsqueeze(1) + 1e-3)).max().item<double>();
  };
  CHECK(close(k, k, 0) < 1e-6);
  CHECK(close(k.flip(1), k, 2) < 1e-6);
}
