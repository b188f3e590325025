#include "train/validation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/folder.h"
#include "base/rng.h"
#include "image/codec.h"
#include "metrics/psnr.h"
#include "nn/unet.h"
#include "stage/presets.h"
#include "tensor/aten.h"
#include "tensor/convert.h"
#include "tensor/noise.h"
#include "train/step.h"

using namespace sr3;

namespace {

constexpr int64_t kImages = 5, kSide = 16;

// A stage whose network answers 0, as initial networks do.
StageManifest zero_stage(const std::string& predict) {
  StageManifest stage = preset_named("tiny").manifest;
  stage.image.low_res = 4, stage.image.high_res = kSide;
  stage.network.channels = 8, stage.network.multipliers = {1}, stage.network.blocks = {1}, stage.network.groups = 2;
  stage.network.patch = 1;
  stage.network.attention.clear();
  stage.diffusion.predict = predict;
  stage.diffusion.target = "image";
  stage.diffusion.loss = "l2";
  return stage;
}

void write_images(const samples::Folder& folder) {
  for (int64_t i = 0; i < kImages; ++i) {
    Image image = make_image(kSide, kSide);
    for (size_t k = 0; k < image.u8.size(); ++k)
      image.u8[k] = static_cast<uint8_t>((k * 7 + static_cast<size_t>(i) * 50) % 256);
    const Bytes bytes = encode(image, Format::kPng, {});
    write_file(folder / cat(i, ".png"), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
}

ValidationLine scores_of(const StageManifest& stage, const std::string& folder) {
  ValidationOptions options;
  options.data = folder;
  options.images = kImages;
  const Validation validation(stage, options, {}, {}, 7, at::kCPU, at::kFloat);
  const auto scores = validation(initial_parameters(stage.network, 1).all(), [] { return false; });
  REQUIRE(scores);
  return *scores;
}

}  // namespace

TEST_CASE("validation: the loss in each band is that of a network that answers 0, by its definition") {
  const samples::Folder scratch;
  write_images(scratch);
  const StageManifest eps_stage = zero_stage("eps"), v_stage = zero_stage("v");
  const auto alpha_bar = make_alpha_bar(make_betas(eps_stage.diffusion.schedule));
  const uint64_t seed = seed_for(7, kRandomValidation);
  // The examples: the images in an order of their own, which the loader says.
  DataOptions data;
  data.operands = {scratch / ""};
  data.seed = seed;
  data.no_flip = true;
  Loader loader(data, eps_stage);
  const at::Tensor images = loader.next(0, kImages).high_res;
  const ValidationLine eps_scores = scores_of(eps_stage, scratch / ""), v_scores = scores_of(v_stage, scratch / "");
  REQUIRE(eps_scores.by_level.size() == 4);
  double sum_eps = 0, sum_v = 0;
  for (int64_t band = 0; band < 4; ++band) {
    double eps_loss = 0, v_loss = 0;
    for (int64_t i = 0; i < kImages; ++i) {
      const double share = (static_cast<double>(band) + (static_cast<double>(i) + 0.5) / kImages) / 4;
      const double level = alpha_bar[static_cast<size_t>(share * static_cast<double>(alpha_bar.size()))];
      const at::Tensor eps =
          philox_noise({seed, static_cast<uint64_t>(i * 4 + band)}, 0, 3, kSide, kSide).to(at::kDouble);
      const at::Tensor v = eps * std::sqrt(level) - images[i].to(at::kDouble) * std::sqrt(1 - level);
      eps_loss += (eps * eps).mean().item<double>() / kImages;
      v_loss += (v * v).mean().item<double>() / kImages;
    }
    CHECK(eps_scores.by_level[static_cast<size_t>(band)] == doctest::Approx(eps_loss).epsilon(1e-5));
    CHECK(v_scores.by_level[static_cast<size_t>(band)] == doctest::Approx(v_loss).epsilon(1e-5));
    sum_eps += eps_loss / 4, sum_v += v_loss / 4;
  }
  CHECK(eps_scores.loss == doctest::Approx(sum_eps).epsilon(1e-5));
  CHECK(v_scores.loss == doctest::Approx(sum_v).epsilon(1e-5));
  CHECK(std::isnan(eps_scores.frechet));
}

TEST_CASE("validation: a network that answers x0 = 0 samples grey, and the PSNR is that of grey") {
  const samples::Folder scratch;
  write_images(scratch);
  const ValidationLine scores = scores_of(zero_stage("x0"), scratch / "");
  Image grey = make_image(kSide, kSide);
  std::fill(grey.u8.begin(), grey.u8.end(), uint8_t{128});
  double wanted = 0;
  for (int64_t i = 0; i < kImages; ++i) {
    const std::string path = scratch / cat(i, ".png");
    const Bytes bytes = read_file(path, 1 << 20);
    wanted += psnr(grey, decode(bytes, path, {})) / kImages;
  }
  CHECK(scores.psnr == doctest::Approx(wanted).epsilon(1e-9));
}

TEST_CASE("validation ends when it is interrupted") {
  const samples::Folder scratch;
  write_images(scratch);
  const StageManifest stage = zero_stage("v");
  ValidationOptions options;
  options.data = scratch / "";
  options.images = 40;
  const Validation validation(stage, options, {}, {}, 7, at::kCPU, at::kFloat);
  const auto weights = initial_parameters(stage.network, 1).all();
  int calls = 0;
  CHECK_FALSE(validation(weights, [&] { return ++calls == 2; }));
  CHECK(calls == 2);
  // Another validation has other conditions.
  options.images = 39;
  const Validation other(stage, options, {}, {}, 7, at::kCPU, at::kFloat);
  CHECK(other.conditions() != validation.conditions());
}

TEST_CASE("validation: options that need others") {
  ValidationOptions options;
  options.validate();
  options.keep_best = "loss";
  CHECK_THROWS_AS(options.validate(), UsageError);
  options.data = "x";
  options.validate();
  options.keep_best = "frechet";
  CHECK_THROWS_AS(options.validate(), UsageError);
  options.features = "net.pt";
  options.validate();
  options.data = "";
  options.keep_best = "";
  CHECK_THROWS_AS(options.validate(), UsageError);
}
