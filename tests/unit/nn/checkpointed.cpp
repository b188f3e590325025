#include "nn/checkpointed.h"

#include <doctest/doctest.h>

#include <cstring>

#include "nn/training_cost.h"
#include "random_unet.h"
#include "stage/presets.h"
#include "tensor/counted_memory.h"

using namespace sr3;

namespace {

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor x = a.contiguous(), y = b.contiguous();
  return x.sizes() == y.sizes() && std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0;
}

struct Pass {
  at::Tensor y;
  std::vector<at::Tensor> gradients;
  int64_t kept = 0, peak = 0;  // bytes, of the forward pass and of both
};

// One step with the same weights each time; the loss weights every number of the result differently.
Pass run(const UNetOptions& o, at::ScalarType type, bool checkpoint, int64_t side = 16) {
  const Parameters p = random_parameters(o);
  for (const auto& [name, value] : p.all()) value.requires_grad_(true);
  UNetInput in = input_for(o, 3, side, side);
  const CountedMemory memory;
  CountedMemory::peak();
  const int64_t before = CountedMemory::held();
  Pass pass;
  pass.y = unet_forward(o, p, in, type, /*train=*/true, /*dropout_seed=*/5, checkpoint);
  pass.kept = CountedMemory::held() - before - static_cast<int64_t>(pass.y.nbytes());
  at::manual_seed(4);
  (pass.y * at::randn_like(pass.y)).sum().backward();
  pass.peak = CountedMemory::peak() - before;
  for (const auto& [name, value] : p.all()) pass.gradients.push_back(value.grad());
  return pass;
}

std::vector<UNetOptions> networks() {
  std::vector<UNetOptions> cases(6, adm_like());
  for (UNetOptions& o : cases) o.blocks = {2, 2};
  cases[0].dropout = 0.3;
  cases[1].resample = "conv", cases[1].skip_scale = 1, cases[1].channels = 32;
  cases[2].scale_shift = false, cases[2].level.activate = false;
  cases[3].resample = "conv-same", cases[3].patch = 2, cases[3].dropout = 0.1;
  cases[4].level.input = "none", cases[4].classes = 0, cases[4].augmentation_level = false;
  cases[5] = preset_named("tiny").manifest.network;
  return cases;
}

}  // namespace

TEST_CASE("checkpointing changes no bit of the result and of the gradients") {
  int64_t number = 0;
  for (const UNetOptions& o : networks())
    for (const auto type : {at::kFloat, at::kBFloat16}) {
      const Pass plain = run(o, type, false), again = run(o, type, true);
      CAPTURE(number);
      CAPTURE(type);
      CHECK(same_bits(plain.y, again.y));
      int64_t equal = 0;
      for (size_t i = 0; i < plain.gradients.size(); ++i)
        equal += plain.gradients[i].defined() && again.gradients[i].defined() &&
                 same_bits(plain.gradients[i], again.gradients[i]);
      CHECK(equal == static_cast<int64_t>(plain.gradients.size()));
      ++number;
    }
}

TEST_CASE("another dropout seed gives other gradients, so that the masks of both passes are the same") {
  UNetOptions o = networks()[0];
  const Pass plain = run(o, at::kFloat, true);
  o.dropout = 0.31;
  const Pass other = run(o, at::kFloat, true);
  CHECK(!same_bits(plain.y, other.y));
}

TEST_CASE("what a checkpointed pass keeps is what is counted, and its peak is lower") {
  for (const UNetOptions& o : networks()) {
    TrainingPass pass;
    pass.images = 3, pass.height = pass.width = 32;
    const Pass plain = run(o, at::kFloat, false, 32), again = run(o, at::kFloat, true, 32);
    const int64_t plainly = training_cost(o, pass).kept;
    pass.checkpoint = true;
    const TrainingCost cost = training_cost(o, pass);
    CHECK(again.kept >= cost.kept);
    CHECK(again.kept <= cost.kept + 3 * 40 * 4 * 4 * o.channels + 1000);
    CHECK(cost.kept + cost.recomputed < plainly);
    CHECK(again.peak < plain.peak);
  }
}

TEST_CASE("checkpointing counts one more forward pass of the blocks") {
  for (const UNetOptions& o : networks()) {
    TrainingPass pass;
    pass.height = pass.width = 16;
    const double plainly = training_cost(o, pass).all_flops(), forward = forward_flops(o, 16, 16);
    pass.checkpoint = true;
    const double again = training_cost(o, pass).all_flops();
    CHECK(again > plainly + 0.8 * forward);
    CHECK(again < plainly + forward);  // the first and the last convolution are kept
  }
}
