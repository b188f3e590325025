#include "nn/training_cost.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "base/relative.h"
#include "nn/unet.h"
#include "random_unet.h"
#include "stage/presets.h"
#include "tensor/counted_memory.h"

using namespace sr3;

namespace {

TrainingPass pass_of(int64_t images, int64_t height, int64_t width, at::ScalarType compute = at::kFloat) {
  TrainingPass pass;
  pass.images = images, pass.height = height, pass.width = width, pass.compute = compute;
  return pass;
}

// Counts the multiplications of a 3x3 convolution with padding 1 that are not with its zeros, and those that are, one by one.
double slow_conv(int64_t in, int64_t out, int64_t kernel, int64_t side) {
  double count = 0;
  for (int64_t o = 0; o < out; ++o)
    for (int64_t y = 0; y < side; ++y)
      for (int64_t x = 0; x < side; ++x)
        for (int64_t i = 0; i < in; ++i)
          for (int64_t k = 0; k < kernel * kernel; ++k) ++count;
  return 2 * count;
}

// Of the product of (rows, middle) and (middle, columns).
double slow_product(int64_t rows, int64_t middle, int64_t columns) {
  double count = 0;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      for (int64_t m = 0; m < middle; ++m) ++count;
  return 2 * count;
}

}  // namespace

TEST_CASE("the operations of a training step are those that a slow count of its layers finds") {
  // Two levels of 4 and 8 channels, of 8x8 and 4x4; a block each; attention on the inner one; an embedding of 16 numbers.
  UNetOptions o;
  o.in_channels = 1;
  o.condition_channels = 1;
  o.out_channels = 1;
  o.channels = 4;
  o.multipliers = {1, 2};
  o.blocks = {1, 1};
  o.attention = {1};
  o.groups = 2;
  double forward = 0, backward = 0;
  const auto conv = [&](int64_t in, int64_t out, int64_t kernel, int64_t side, bool of_image = false) {
    const double one = slow_conv(in, out, kernel, side);
    forward += one;
    backward += of_image ? one : 2 * one;  // the gradients of its input and its weights
  };
  const auto block = [&](int64_t in, int64_t out, int64_t side) {
    conv(in, out, 3, side);
    conv(out, out, 3, side);
    if (in != out) conv(in, out, 1, side);
    forward += slow_product(1, 16, 2 * out);
    backward += 2 * slow_product(1, 16, 2 * out);
  };
  const auto attention = [&] {
    conv(8, 24, 1, 4);
    conv(8, 8, 1, 4);
    const double scores = slow_product(16, 8, 16), values = slow_product(16, 16, 8);
    forward += scores + values;
    // The scores again, and the gradients of values, weights, queries and keys.
    backward += scores + 2 * values + 2 * scores;
  };
  conv(2, 4, 3, 8, /*of_image=*/true);
  block(4, 4, 8);
  conv(4, 4, 3, 4);  // down
  block(4, 8, 4), attention();
  block(8, 8, 4), attention(), block(8, 8, 4);
  block(8 + 8, 8, 4), attention(), block(8 + 4, 8, 4), attention();
  conv(8, 8, 3, 8);  // up
  block(8 + 4, 4, 8), block(4 + 4, 4, 8);
  conv(4, 1, 3, 8);
  const TrainingCost cost = training_cost(o, pass_of(1, 8, 8));
  CHECK(cost.all_flops() == forward + backward);
  CHECK(cost.flops.size() == 2);
  CHECK(training_cost(o, pass_of(5, 7, 8)).all_flops() == 5 * (forward + backward));  // padded to 8x8
}

TEST_CASE("a training step takes three times the operations of inference, but for the stem and attention") {
  for (const Preset& preset : presets()) {
    CAPTURE(preset.name);
    const int64_t side = preset.manifest.image.high_res;
    const double forward = forward_flops(preset.manifest.network, side, side);
    const double step = training_cost(preset.manifest.network, pass_of(1, side, side)).all_flops();
    CHECK(step == relative(3 * forward, 0.01));
  }
}

TEST_CASE("what the forward pass keeps is what is counted") {
  std::vector<UNetOptions> cases(6, adm_like());
  cases[0].channels = 32;
  cases[0].dropout = 0.3;
  cases[1].resample = "conv";
  cases[1].skip_scale = 1;
  cases[2].scale_shift = false;
  cases[2].heads = 1, cases[2].head_channels = 0;
  cases[3].resample = "conv-same";
  cases[3].patch = 2;
  cases[4] = preset_named("tiny").manifest.network;
  cases[5] = preset_named("small").manifest.network;
  for (size_t number = 0; number < cases.size(); ++number) {
    const UNetOptions& o = cases[number];
    Parameters p = random_parameters(o);
    for (const auto& [name, value] : p.all()) value.requires_grad_(true);
    for (const auto type : {at::kFloat, at::kBFloat16}) {
      CAPTURE(number);
      CAPTURE(type);
      const CountedMemory memory;
      const UNetInput in = input_for(o, 3, 32, 48);
      const int64_t before = CountedMemory::held();
      const at::Tensor y = unet_forward(o, p, in, type, /*train=*/true, 5);
      const int64_t kept = CountedMemory::held() - before - static_cast<int64_t>(y.nbytes());
      const int64_t counted = training_cost(o, pass_of(3, 32, 48, type)).kept;
      // The embedding: some vectors of its width for each image.
      CHECK(kept >= counted);
      CHECK(kept <= counted + 3 * 40 * 4 * 4 * o.channels + 1000);
    }
  }
}

TEST_CASE("a step's memory at its peak is nearly what is counted, and the gradients of the weights") {
  const UNetOptions network = preset_named("small").manifest.network;
  const Parameters p = initial_parameters(network, 1);
  for (const auto& [name, value] : p.all()) value.requires_grad_(true);
  for (const bool checkpoint : {false, true}) {
    for (const auto& [name, value] : p.all()) value.mutable_grad() = at::Tensor();
    const CountedMemory memory;
    const UNetInput in = input_for(network, 16, 64, 64);
    CountedMemory::peak();
    const int64_t before = CountedMemory::held();
    unet_forward(network, p, in, at::kFloat, /*train=*/true, 0, checkpoint).square().mean().backward();
    const auto peak = static_cast<double>(CountedMemory::peak() - before);
    TrainingPass pass = pass_of(16, 64, 64);
    pass.checkpoint = checkpoint;
    const TrainingCost cost = training_cost(network, pass);
    const auto counted = static_cast<double>(cost.kept + cost.recomputed + cost.working);
    MESSAGE("checkpoint ", checkpoint, ": peak ", peak / 1e6, " MB, counted ", counted / 1e6, " MB");
    CHECK(peak > 0.9 * counted);
    CHECK(peak < 1.3 * counted + 4 * static_cast<double>(p.count()));
  }
}

TEST_CASE("a network that no machine here holds is counted in no time and memory") {
  UNetOptions huge;
  huge.channels = 4096;
  huge.multipliers = {1, 2, 4};
  huge.groups = 32;
  const CountedMemory memory;
  CountedMemory::peak();
  const int64_t before = CountedMemory::held();
  CHECK(training_cost(huge, pass_of(256, 1024, 1024)).kept > int64_t{1} << 44);
  CHECK(CountedMemory::peak() - before < 1 << 20);
}
