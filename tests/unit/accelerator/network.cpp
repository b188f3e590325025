// The network on an accelerator: the same results as on the CPU, and nothing copied on the way.
#include <doctest/doctest.h>

#include <cmath>

#include "accelerator/stand_in.h"
#include "nn/dropout.h"
#include "nn/random_unet.h"
#include "nn/resnet.h"
#include "nn/unet.h"
#include "tensor/aten.h"
#include "tensor/upload.h"

using namespace sr3;
using stand_in::kDevice;
using stand_in::traffic;

namespace {

Parameters moved(const Parameters& parameters) {
  Parameters there;
  for (const auto& [name, value] : parameters.all()) there.add(name, value.detach().to(kDevice));
  return there;
}

UNetInput moved(const UNetInput& in) {
  const auto there = uploaded({in.x, in.condition, in.level, in.labels, in.augmentation_level}, kDevice);
  return {there[0], there[1], there[2], there[3], there[4]};
}

void check_no_copies(const stand_in::Traffic& of) {
  CHECK(of.uploads == 0);
  CHECK(of.downloads == 0);
  CHECK(of.waits == 0);
  CHECK(of.operators > 0);
}

double relative_distance(const at::Tensor& there, const at::Tensor& here) {
  REQUIRE(there.device() == kDevice);
  return distance(there.to(at::kCPU), here) / here.abs().max().item<double>();
}

}  // namespace

TEST_CASE("accelerator: several tensors are moved by one copy, with their types and shapes") {
  const std::vector<at::Tensor> given = {at::randn({2, 3, 5, 4}).contiguous(at::MemoryFormat::ChannelsLast),
                                         at::Tensor(),
                                         at::arange(3, at::kLong),
                                         at::rand({1}, at::kDouble),
                                         at::empty({0, 3}),
                                         at::ones({5}, at::kBool)};
  const auto before = traffic();
  const std::vector<at::Tensor> there = uploaded(given, kDevice);
  CHECK((traffic() - before).uploads == 1);
  CHECK_FALSE(there[1].defined());
  for (const size_t i : {0, 2, 3, 4, 5}) {
    CHECK(there[i].device() == kDevice);
    CHECK((there[i].scalar_type() == given[i].scalar_type()));
    CHECK(at::equal(there[i].to(at::kCPU), given[i]));
  }
  const auto after = traffic();
  const std::vector<double> values = downloaded({there[3], there[2][2]});
  CHECK((values == std::vector<double>{given[3].item<double>(), 2}));
  CHECK((traffic() - after).downloads == 1);
}

TEST_CASE("accelerator: a dropout mask has the bits of the CPU's, and nothing is copied") {
  for (const int64_t width : {4, 5}) {
    const at::Tensor x = at::zeros({2, 3, 7, width});
    const at::Tensor there = x.to(kDevice);
    const auto before = traffic();
    const at::Tensor mask = dropout_mask(there, 0.3, (uint64_t{7} << 32) | 9, 5);
    check_no_copies(traffic() - before);
    CHECK(at::equal(mask.to(at::kCPU), dropout_mask(x, 0.3, (uint64_t{7} << 32) | 9, 5)));
  }
}

TEST_CASE("accelerator: a training pass has the CPU's result and gradients, and copies nothing") {
  for (UNetOptions o : all_kinds()) {
    o.dropout = 0.2;
    for (const bool checkpoint : {false, true}) {
      const Parameters here = random_parameters(o), there = moved(here);
      const UNetInput in = input_for(o, 3, 12, 9), in_there = moved(in);
      const auto gradients = [&](const Parameters& p, const UNetInput& input, at::Tensor* result) {
        for (const auto& [name, value] : p.all()) value.requires_grad_(true);
        *result = unet_forward(o, p, input, at::kFloat, /*train=*/true, 5, checkpoint);
        // The sum's gradient would be the same everywhere, which a norm does not let through.
        result->square().sum().backward();
        std::vector<at::Tensor> found;
        for (const auto& [name, value] : p.all()) found.push_back(value.grad());
        return found;
      };
      at::Tensor of_here, of_there;
      const auto wanted = gradients(here, in, &of_here);
      const auto before = traffic();
      const auto made = gradients(there, in_there, &of_there);
      check_no_copies(traffic() - before);
      CHECK(relative_distance(of_there.detach(), of_here.detach()) < 1e-5);
      for (size_t i = 0; i < made.size(); ++i) {
        CAPTURE(here.all()[i].first);
        CHECK(relative_distance(made[i], wanted[i]) < 1e-4);
      }
    }
  }
}

TEST_CASE("accelerator: inference has the CPU's result, and copies nothing") {
  for (const UNetOptions& o : all_kinds()) {
    const Parameters parameters = random_parameters(o);
    const UNetInput in = input_for(o, 3, 12, 9), in_there = moved(in);
    UNetRunner here(o, parameters, at::kCPU, at::kFloat), there(o, parameters, kDevice, at::kFloat);
    const std::vector<double> levels(2, in.level.defined() ? in.level[0].item<double>() : 0);
    here.set_levels(levels);
    there.set_levels(levels);
    const at::Tensor wanted = here(*here.prepare(in.condition, in.labels, in.augmentation_level), in.x, 1);
    const auto before = traffic();
    const at::Tensor made =
        there(*there.prepare(in_there.condition, in_there.labels, in_there.augmentation_level), in_there.x, 1);
    check_no_copies(traffic() - before);
    CHECK(relative_distance(made, wanted) < 1e-5);
  }
}

TEST_CASE("accelerator: half the precision") {
  const UNetOptions o = adm_like();
  const Parameters here = random_parameters(o);
  const UNetInput in = input_for(o, 2, 8, 8);
  const at::Tensor wanted = unet_forward(o, here, in, at::kFloat, false, 0);
  CHECK(relative_distance(unet_forward(o, moved(here), moved(in), at::kBFloat16, false, 0), wanted) < 0.05);
}
