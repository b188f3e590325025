// Sampling on an accelerator: what the CPU makes, without a copy or a wait in the loop.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "accelerator/stand_in.h"
#include "base/error.h"
#include "cascade/base_sampler.h"
#include "cascade/chain.h"
#include "cascade/device_batch.h"
#include "cascade/tiny_stage.h"
#include "cascade/upscaler.h"
#include "tensor/aten.h"
#include "tensor/convert.h"
#include "tensor/device.h"

using namespace sr3;
using stand_in::kDevice;
using stand_in::traffic;

namespace {

Stage opened(const TinyStage& tiny, at::Device device, const SamplingOverrides& overrides = {}) {
  Stage stage(tiny.path(), overrides);
  stage.load(device, "fp32");
  return stage;
}

void check_same_copies(const stand_in::Traffic& few, const stand_in::Traffic& many) {
  CHECK(few.uploads == many.uploads);
  CHECK(few.downloads == many.downloads);
  CHECK(few.waits == many.waits);
  CHECK(few.operators < many.operators);
  CHECK(few.downloads == 1);  // the result
}

// The device's result against the CPU's, with a few steps and with many, whose copies are as many.
void check_stage(const TinyStage& tiny, SamplingOverrides overrides,
                 const std::function<at::Tensor(const Stage&)>& make) {
  std::vector<stand_in::Traffic> of;
  for (const char* steps : {"3", "8"}) {
    overrides.steps = steps;
    const Stage here = opened(tiny, at::kCPU, overrides), there = opened(tiny, kDevice, overrides);
    const auto before = traffic();
    const at::Tensor made = make(there);
    of.push_back(traffic() - before);
    CHECK(made.is_cpu());
    CHECK((made - make(here)).abs().max().item<double>() < 1e-4);
  }
  check_same_copies(of[0], of[1]);
}

void conditional_base(StageManifest& m) {
  m.kind = "base";
  m.image = {.channels = 3, .low_res = 0, .high_res = 8};
  m.network.condition_channels = 0;
  m.network.patch = 1;
  m.network.classes = 3;
  m.classes = {"cat", "dog", "bird"};
  m.diffusion.target = "image";
  m.diffusion.label_dropout = 0.1;
  m.sampling.sampler = "ddpm";
}

std::vector<UpscaleItem> items(int64_t count, int64_t width, int64_t height, int64_t label = -1) {
  std::vector<UpscaleItem> all;
  for (int64_t i = 0; i < count; ++i)
    all.push_back(
        {to_tensor(test_image(width, height, static_cast<int>(i))), {5, static_cast<uint64_t>(i)}, label, false});
  return all;
}

at::Tensor drawn(const Stage& stage, int64_t count, int64_t batch = 0) {
  DrawOptions options;
  options.number = count;
  options.seed = 3;
  options.batch = batch;
  std::vector<at::Tensor> images;
  BaseSampler(stage, options).all({}, {}, [&](Frame, const at::Tensor& image) { images.push_back(image.clone()); });
  return at::stack(images);
}

}  // namespace

TEST_CASE("accelerator: a base stage with classes and guidance") {
  const TinyStage tiny(conditional_base);
  SamplingOverrides overrides;
  overrides.guidance = 2;
  check_stage(tiny, overrides, [](const Stage& stage) { return drawn(stage, 6); });
}

TEST_CASE("accelerator: a super-resolution stage, whole and in tiles, with every sampler") {
  for (const char* sampler : {"ddpm", "ddim", "dpmpp-2m"}) {
    CAPTURE(sampler);
    const TinyStage tiny([&](StageManifest& m) {
      m.sampling.sampler = sampler;
      if (m.sampling.sampler != "ddim") m.sampling.eta = 0;
    });
    check_stage(tiny, {}, [](const Stage& stage) { return Upscaler(stage, {})(items(3, 9, 7), [](double) {}); });
    UpscaleOptions tiles;
    tiles.tile = 32;
    tiles.overlap = 8;
    tiles.batch = 2;
    check_stage(tiny, {}, [&](const Stage& stage) { return Upscaler(stage, tiles)(items(1, 41, 30), [](double) {}); });
  }
}

TEST_CASE("accelerator: consistency, learned variance, classes and a noisy condition") {
  const TinyStage plain;
  UpscaleOptions consistent;
  consistent.consistency = true;
  check_stage(plain, {},
              [&](const Stage& stage) { return Upscaler(stage, consistent)(items(2, 9, 7), [](double) {}); });

  const TinyStage learned([](StageManifest& m) {
    m.network.out_channels = 6;
    m.diffusion.variance = "learned";
    m.diffusion.target = "image";
    m.sampling.sampler = "ddpm";
    m.sampling.variance = "learned";
    m.sampling.eta = 0;
  });
  check_stage(learned, {}, [](const Stage& stage) { return Upscaler(stage, {})(items(2, 9, 7), [](double) {}); });

  const TinyStage noisy([](StageManifest& m) {
    m.augmentation.kind = "gaussian";
    m.augmentation.max_level = 0.5;
    m.augmentation.statistics = {.mean = 0.1, .deviation = 0.5};
    m.network.augmentation_level = true;
    m.network.classes = 3;
    m.classes = {"cat", "dog", "bird"};
    m.diffusion.label_dropout = 0.1;
  });
  SamplingOverrides overrides;
  overrides.noise_level = 0.2;
  overrides.guidance = 1.5;
  check_stage(noisy, overrides,
              [](const Stage& stage) { return Upscaler(stage, {})(items(2, 9, 7, 1), [](double) {}); });
}

TEST_CASE("accelerator: a regression stage") {
  const TinyStage tiny([](StageManifest& m) {
    m.kind = "regression";
    m.network.condition_channels = 0;
    m.network.level.input = "none";
    m.diffusion.predict = "x0";
  });
  const Stage here = opened(tiny, at::kCPU), there = opened(tiny, kDevice);
  const auto made = [](const Stage& stage) { return Upscaler(stage, {})(items(2, 9, 7), [](double) {}); };
  CHECK((made(here) - made(there)).abs().max().item<double>() < 1e-5);
}

TEST_CASE("accelerator: a chain of two stages") {
  const TinyStage a, b([](StageManifest&m) { m.sampling.steps = "2"; });
  const auto through = [&](at::Device device) {
    std::vector<Stage> stages;
    stages.push_back(opened(a, device));
    stages.push_back(opened(b, device));
    ChainOptions options;
    options.seed = 3;
    std::vector<Frame> results;
    Chain chain(stages, options, 8, {[&](Frame f) { results.push_back(std::move(f)); }, {}, {}});
    for (int64_t i = 0; i < 3; ++i) {
      Frame frame;
      frame.image = test_image(6, 5, static_cast<int>(i));
      frame.key = std::to_string(i);
      frame.index = i;
      chain.push(frame);
    }
    chain.flush();
    return results;
  };
  const auto here = through(at::kCPU), there = through(kDevice);
  REQUIRE(here.size() == 3);
  REQUIRE(there.size() == 3);
  for (size_t i = 0; i < 3; ++i)
    for (size_t k = 0; k < here[i].image.u8.size(); ++k)
      CHECK(std::abs(here[i].image.u8[k] - there[i].image.u8[k]) <= 1);  // rounding to 8 bits
}

TEST_CASE("accelerator: batches are as large as the memory allows, and halved where that was too much") {
  const TinyStage tiny(conditional_base);
  const Stage here = opened(tiny, at::kCPU), there = opened(tiny, kDevice);
  const at::Tensor wanted = drawn(here, 64);
  const int64_t before = stand_in::used_memory();
  stand_in::limit_memory(0);
  CHECK((drawn(there, 64, 64) - wanted).abs().max().item<double>() < 1e-4);
  const int64_t needed = stand_in::most_memory() - before;
  stand_in::limit_memory(before + needed / 3);
  CHECK((drawn(there, 64, 64) - wanted).abs().max().item<double>() < 1e-4);
  CHECK(stand_in::most_memory() - before <= needed / 3);
  stand_in::limit_memory(before + needed / 1000);
  CHECK_THROWS_WITH_AS(drawn(there, 64, 64), "the device is out of memory: take --device cpu", Error);
  stand_in::limit_memory(0);
  CHECK(stand_in::used_memory() == before);

  const TinyStage above;
  UpscaleOptions tiles;
  tiles.tile = 16;
  tiles.overlap = 4;
  tiles.batch = 64;
  const Stage large = opened(above, kDevice), cpu = opened(above, at::kCPU);
  const int64_t weights = stand_in::used_memory();
  stand_in::limit_memory(0);
  const at::Tensor image = Upscaler(large, tiles)(items(1, 40, 40), [](double) {});
  const int64_t most = stand_in::most_memory() - weights;
  stand_in::limit_memory(weights + most * 2 / 3);
  double last = 0;
  const at::Tensor again = Upscaler(large, tiles)(items(1, 40, 40), [&](double steps) { last = steps; });
  stand_in::limit_memory(0);
  CHECK(last == 3);
  CHECK((image - again).abs().max().item<double>() < 1e-5);
  CHECK((image - Upscaler(cpu, tiles)(items(1, 40, 40), [](double) {})).abs().max().item<double>() < 1e-4);
}

TEST_CASE("accelerator: the size of a batch follows from the free memory") {
  CHECK(batch_factor(at::kCPU) == 1);
  CHECK_FALSE(free_memory(at::kCPU).has_value());
  stand_in::limit_memory(stand_in::used_memory() + 4 * 64 * kMapBytes);
  CHECK(batch_factor(kDevice) == 4);
  stand_in::limit_memory(stand_in::used_memory() + 1000);
  CHECK(batch_factor(kDevice) == 1);
  stand_in::limit_memory(stand_in::used_memory() + 1000 * 64 * kMapBytes);
  CHECK(batch_factor(kDevice) == 64);
  stand_in::limit_memory(0);
}
