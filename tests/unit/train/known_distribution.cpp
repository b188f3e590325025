// A training from images to samples, on data whose conditional distribution is known: 2x2 -> 4x4, grey, of two classes. A high_res
// block of 2x2 pixels is its low_res pixel z, plus the class's amplitude times a checker, plus Gaussian noise without mean. So the
// samples of a class have known means and variances around the enlarged input, which a fault anywhere on the way changes: in the
// condition, the label and its dropout, the noise level, the weights that are published, the sampler, or the guidance.
#include <doctest/doctest.h>

#include <cmath>

#include "base/file.h"
#include "base/log.h"
#include "base/relative.h"
#include "base/rng.h"
#include "cascade/upscaler.h"
#include "data/image_folder.h"
#include "format/safetensors.h"
#include "stage/stage_files.h"
#include "stage/weights.h"
#include "tensor/aten.h"
#include "train/trainer.h"

using namespace sr3;

namespace {

constexpr double kAmplitude[2] = {0.1, -0.03}, kSigma = 0.15;
constexpr int64_t kImages = 2000;
// The noise without its block's mean has 3/4 of the variance.
constexpr double kVariance = 0.75 * kSigma * kSigma;

Image drawn(int64_t number, int64_t label) {
  RandomStream random(5, static_cast<uint64_t>(number), kRandomNoise);
  Image image = make_image(4, 4);
  for (int64_t block = 0; block < 4; ++block) {
    const double z = 0.5 * (2 * random.uniform() - 1);
    double noise[4], mean = 0;
    for (double& one : noise) mean += (one = kSigma * random.normal()) / 4;
    for (int64_t i = 0; i < 4; ++i) {
      const int64_t y = block / 2 * 2 + i / 2, x = block % 2 * 2 + i % 2;
      const double checker = (x + y) % 2 == 0 ? 1 : -1;
      const double value = z + kAmplitude[label] * checker + noise[i] - mean;
      for (int64_t c = 0; c < 3; ++c)
        image.u8[static_cast<size_t>((y * 4 + x) * 3 + c)] = static_cast<uint8_t>(std::lround((value + 1) * 127.5));
    }
  }
  return image;
}

StageManifest untrained() {
  StageManifest m;
  m.image = {.channels = 1, .low_res = 2, .high_res = 4};
  m.classes = {"a", "b"};
  UNetOptions& net = m.network;
  net.in_channels = net.out_channels = net.condition_channels = 1;
  net.patch = 1;
  net.channels = 32;
  net.multipliers = {1};
  net.blocks = {1};
  net.groups = 8;
  net.middle_attention = false;
  net.classes = 2;
  net.level.input = "log-snr";
  net.level.scale = 4;
  m.diffusion.schedule = {.kind = "cosine", .steps = 1000, .betas = {}};
  m.diffusion.predict = "v";
  m.diffusion.target = "residual";
  m.diffusion.residual_scale = 4;
  m.diffusion.level_draw = "continuous";
  m.diffusion.loss = "l2";
  m.diffusion.label_dropout = 0.25;
  m.sampling.sampler = "dpmpp-2m";
  m.sampling.steps = "20";
  m.low_res.recipe.kernel = "box";
  m.low_res.upsample = "box";
  return m;
}

struct Moments {
  double checker, variance, block;  // mean amplitude of the checker; variance around it; deviation of the blocks' means
};

// The samples of a class (-1: none) for `n` inputs.
Moments sampled(const std::string& path, int64_t label, std::optional<double> guidance) {
  constexpr int64_t kSamples = 1000;
  SamplingOverrides overrides;
  overrides.guidance = guidance;
  Stage stage(path, overrides);
  stage.load(at::kCPU, "fp32");
  std::vector<UpscaleItem> items;
  for (int64_t i = 0; i < kSamples; ++i) {
    RandomStream random(77, static_cast<uint64_t>(i), kRandomNoise);
    at::Tensor z = at::empty({1, 2, 2});
    for (int64_t k = 0; k < 4; ++k) z.data_ptr<float>()[k] = static_cast<float>(0.5 * (2 * random.uniform() - 1));
    items.push_back({z, {9, static_cast<uint64_t>(i)}, label, false});
  }
  const at::Tensor made = Upscaler(stage, {})(items, [](double) {});
  std::vector<at::Tensor> inputs;
  for (const UpscaleItem& item : items) inputs.push_back(item.low_res.repeat_interleave(2, 1).repeat_interleave(2, 2));
  const at::Tensor rest = made - at::stack(inputs);
  const at::Tensor even = (at::arange(4).view({4, 1}) + at::arange(4)).remainder(2).mul(-2).add(1).to(at::kFloat);
  Moments result{};
  result.checker = (rest * even).mean().item<double>();
  result.variance = (rest - even * result.checker).square().mean().item<double>();
  result.block = at::avg_pool2d(rest, {2, 2}).square().mean().sqrt().item<double>();
  return result;
}

}  // namespace

TEST_CASE("a trained stage samples the distribution of its data, by class and condition") {
  samples::ImageFolder folder;
  for (int64_t i = 0; i < kImages; ++i) folder.write(cat(i % 2 == 0 ? "a/" : "b/", i, ".png"), drawn(i, i % 2));
  DataOptions data = samples::from(folder);
  data.no_flip = true;
  data.preprocess = "resize";
  TrainerOptions options;
  options.steps = 1200;
  options.batch = 48;
  options.learning_rate = 2e-3;
  options.warmup = 50;
  options.decay = "cosine";
  options.ema = 0.99;
  options.preview_every = 0;
  options.precision = "fp32";
  options.device = "cpu";
  options.threads = 1;
  samples::Folder out;
  const std::string path = out / "stage.json";
  ProgressOptions quiet;
  REQUIRE(Trainer(untrained(), options, data, path).run(quiet) == 0);

  for (const int64_t label : {0, 1}) {
    CAPTURE(label);
    const Moments found = sampled(path, label, std::nullopt);
    MESSAGE("checker ", found.checker, ", variance ", found.variance, " of ", kVariance, ", blocks ", found.block);
    CHECK(std::abs(found.checker - kAmplitude[label]) < 0.012);
    CHECK(found.variance == relative(kVariance, 0.2));
    CHECK(found.block < 0.03);
  }
  // Without a class: the mixture of both, whose variance includes that of the amplitude.
  const double mean = (kAmplitude[0] + kAmplitude[1]) / 2, half = (kAmplitude[0] - kAmplitude[1]) / 2;
  const Moments none = sampled(path, -1, std::nullopt);
  MESSAGE("none: checker ", none.checker, ", variance ", none.variance, " of ", kVariance + half * half);
  CHECK(std::abs(none.checker - mean) < 0.02);
  CHECK(none.variance == relative(kVariance + half * half, 0.15));
  // Guidance moves the samples of a class away from the other's.
  const Moments guided = sampled(path, 0, 3);
  MESSAGE("guided: checker ", guided.checker, ", variance ", guided.variance);
  CHECK(guided.checker > kAmplitude[0] + 0.012);

  // The stage has the averaged weights, which are not those of the last step.
  const TensorFile published = read_safetensors(out / "stage.safetensors");
  const TensorFile average = read_safetensors(out / "stage.state/ema.safetensors");
  const TensorFile last = read_safetensors(out / "stage.state/weights.safetensors");
  REQUIRE(published.tensors.size() == average.tensors.size());
  bool differs = false;
  for (size_t i = 0; i < published.tensors.size(); ++i) {
    CHECK(at::equal(published.tensors[i].second, average.tensors[i].second));
    differs = differs || !at::equal(published.tensors[i].second, last.tensors[i].second);
  }
  CHECK(differs);
}
