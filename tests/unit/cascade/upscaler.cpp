#include "cascade/upscaler.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "cascade/tiny_stage.h"
#include "degrade/resize.h"
#include "tensor/aten.h"
#include "tensor/convert.h"
#include "tensor/upsample.h"

using namespace sr3;

namespace {

Stage loaded(const TinyStage& tiny) {
  Stage stage(tiny.path(), {});
  stage.load(at::kCPU, "fp32");
  return stage;
}

std::vector<Image> upscaled(const Stage& stage, const UpscaleOptions& options, const std::vector<Image>& images,
                            int depth = 8) {
  std::vector<UpscaleItem> items;
  for (size_t i = 0; i < images.size(); ++i) items.push_back({to_tensor(images[i]), {5, i}, -1});
  const at::Tensor results = Upscaler(stage, options)(items, [](int64_t) {});
  std::vector<Image> made;
  for (int64_t i = 0; i < results.size(0); ++i) made.push_back(to_image(results[i], depth));
  return made;
}

int largest_difference(const Image& a, const Image& b) {
  REQUIRE(a.width == b.width);
  REQUIRE(a.height == b.height);
  int largest = 0;
  for (size_t i = 0; i < a.samples(); ++i) largest = std::max(largest, std::abs(a.u8[i] - b.u8[i]));
  return largest;
}

// Mean absolute difference in grey levels between low and the shrunk image.
double inconsistency(const Image& image, const Image& low) {
  const std::vector<float> levels(image.u8.begin(), image.u8.end());
  const auto small = resize_float(levels, image.width, image.height, 3, low.width, low.height, Kernel::kBicubic);
  double sum = 0;
  for (size_t i = 0; i < small.size(); ++i) sum += std::abs(static_cast<double>(small[i]) - low.u8[i]);
  return sum / static_cast<double>(small.size());
}

}  // namespace

TEST_CASE("a network that predicts a zero residual gives the upsampled image, with every sampler, tiled or not") {
  for (const char* sampler : {"ddpm", "ddim", "dpmpp-2m"}) {
    TinyStage tiny(
        [&](StageManifest& m) {
          m.diffusion.predict = "x0";
          m.sampling.sampler = sampler;
        },
        /*silent=*/true);
    const Stage stage = loaded(tiny);
    const Image low = test_image(21, 13);
    const Image expected = to_image(resize_planes(to_tensor(low), 42, 26));
    for (int64_t tile : {0, 16}) {
      UpscaleOptions options;
      options.tile = tile;
      options.overlap = 4;
      CHECK(largest_difference(upscaled(stage, options, {low})[0], expected) == 0);
    }
  }
}

TEST_CASE("regression: one pass, with the condition in place of x") {
  TinyStage tiny(
      [](StageManifest& m) {
        m.kind = "regression";
        m.network.condition_channels = 0;
        m.network.level.input = "none";
        m.diffusion.predict = "x0";
      },
      /*silent=*/true);
  const Stage stage = loaded(tiny);
  CHECK(stage.steps() == 1);
  const Image low = test_image(9, 10);
  CHECK(largest_difference(upscaled(stage, {}, {low})[0], to_image(resize_planes(to_tensor(low), 18, 20))) == 0);
}

TEST_CASE("any size and shape") {
  TinyStage tiny;
  const Stage stage = loaded(tiny);
  for (auto [w, h] : {std::pair{1, 1}, {1, 9}, {2, 1}, {3, 5}, {31, 2}}) {
    const Image out = upscaled(stage, {}, {test_image(w, h)})[0];
    CHECK(out.width == 2 * w);
    CHECK(out.height == 2 * h);
  }
}

// With a batch of 100 all tiles are one band; with less, rows of x_t are replaced while others still wait.
TEST_CASE("the result does not depend on the other images, the size of the batch and the bands of rows") {
  std::string sampler;
  SUBCASE("ddpm") { sampler = "ddpm"; }
  SUBCASE("ddim") { sampler = "ddim"; }
  SUBCASE("dpmpp-2m") { sampler = "dpmpp-2m"; }
  TinyStage tiny([&](StageManifest& m) { m.sampling.sampler = sampler; });
  const Stage stage = loaded(tiny);
  const std::vector<Image> images = {test_image(24, 20, 0), test_image(24, 20, 1), test_image(24, 20, 2)};
  for (int64_t tile : {0, 16}) {
    UpscaleOptions options;
    options.tile = tile;
    options.overlap = 8;
    options.batch = 1;
    const auto alone = upscaled(stage, options, images);
    CHECK(largest_difference(alone[0], alone[1]) > 0);
    for (int64_t batch : {2, 3, 7, 100}) {
      options.batch = batch;
      const auto together = upscaled(stage, options, images);
      for (size_t i = 0; i < images.size(); ++i) CHECK(largest_difference(alone[i], together[i]) == 0);
    }
  }
}

TEST_CASE("the result does not depend on the number of threads or on earlier work") {
  TinyStage tiny([](StageManifest& m) {
    m.network.classes = 2;
    m.network.channels = 24;
    m.network.groups = 8;
  });
  const int before = at::get_num_threads();
  std::vector<Image> results;
  for (int threads : {1, 2, 3, 1}) {
    at::set_num_threads(threads);
    const Stage stage = loaded(tiny);
    const Image low = test_image(40, 36), other = test_image(7, 5 + threads);
    const std::vector<UpscaleItem> first = {{to_tensor(other), {1, 1}, 0}},
                                   wanted = {{to_tensor(low), {5, 0}, 0}, {to_tensor(low), {5, 1}, 1}};
    const Upscaler upscaler(stage, {});
    if (results.size() == 3) upscaler(first, [](int64_t) {});
    results.push_back(to_image(upscaler(wanted, [](int64_t) {})[1]));
  }
  at::set_num_threads(before);
  for (size_t i = 1; i < results.size(); ++i) CHECK(largest_difference(results[0], results[i]) == 0);
}

TEST_CASE("a 16-bit result rounds to the 8-bit result") {
  TinyStage tiny;
  const Stage stage = loaded(tiny);
  const Image low = test_image(8, 8);
  const Image fine = upscaled(stage, {}, {low}, 16)[0], coarse = upscaled(stage, {}, {low})[0];
  REQUIRE(fine.u16.size() == coarse.u8.size());
  int largest = 0;
  bool between = false;
  for (size_t i = 0; i < coarse.u8.size(); ++i) {
    largest = std::max(largest, std::abs(fine.u16[i] - 257 * coarse.u8[i]));
    between |= fine.u16[i] % 257 != 0;
  }
  CHECK(largest <= 129);
  CHECK(between);
}

TEST_CASE("--consistency makes the result consistent with the input") {
  TinyStage tiny;
  const Stage stage = loaded(tiny);
  Image low = test_image(24, 16);
  for (uint8_t& level : low.u8) level = static_cast<uint8_t>(64 + level / 2);  // room for changes without clipping
  UpscaleOptions options;
  const double without = inconsistency(upscaled(stage, options, {low})[0], low);
  options.consistency = true;
  const double with = inconsistency(upscaled(stage, options, {low})[0], low);
  CHECK(without > 2);
  CHECK(with < 0.7);  // rounding to levels limits the consistency
}

TEST_CASE("stages that do not upscale are refused by name") {
  TinyStage base([](StageManifest& m) {
    m.kind = "base";
    m.image.low_res = 0;
    m.network.condition_channels = 0;
    m.diffusion.target = "image";
  });
  const Stage stage(base.path(), {});
  CHECK_THROWS_WITH_AS(Upscaler(stage, {}), doctest::Contains("it is a base stage"), Error);
}

TEST_CASE("options that contradict each other are usage errors") {
  UpscaleOptions options;
  options.tile = 64;
  options.overlap = 33;
  CHECK_THROWS_AS(validate(options), UsageError);
}

TEST_CASE("an image as large as a training crop is not divided, however wide the network is") {
  const TinyStage tiny([](StageManifest& m) {
    m.image.low_res = 64;
    m.image.high_res = 256;
    m.network.patch = 1;
    m.network.channels = 192;  // its maps of 256x256 need more memory than a tile may
    m.network.multipliers = {1};
    m.network.blocks = {1};
    m.network.middle_attention = true;
  });
  const Stage stage(tiny.path(), {});
  const Upscaler upscaler(stage, {});
  CHECK(upscaler.tiling(256, 256).tiles() == 1);
  CHECK(upscaler.tiling(512, 256).tiles() > 1);
  CHECK(upscaler.tiling(512, 256).tile_width() <= 256);
}
