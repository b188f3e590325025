// Feature networks and classifiers on an accelerator: the CPU's results. (libtorch reads a TorchScript to CPUs and GPUs only.)
#include <doctest/doctest.h>

#include <cmath>

#include "accelerator/stand_in.h"
#include "base/error.h"
#include "cas/classifier.h"
#include "data/image_folder.h"
#include "fid/inception.h"
#include "lpips/lpips.h"
#include "nn/resnet.h"
#include "tensor/aten.h"

using namespace sr3;
using stand_in::kDevice;
using stand_in::traffic;

namespace {

// Random values with which features neither vanish nor explode.
TensorFile random_weights(const std::vector<std::pair<std::string, std::vector<int64_t>>>& shapes) {
  TensorFile file;
  at::manual_seed(3);
  for (const auto& [name, shape] : shapes) {
    int64_t inputs = 1;
    for (size_t i = 1; i < shape.size(); ++i) inputs *= shape[i];
    at::Tensor value = at::randn(shape) * (shape.size() > 1 ? std::sqrt(2.0 / static_cast<double>(inputs)) : 0.1);
    if (name.ends_with("bn.weight")) value = 1 + value;
    if (name.ends_with("running_var")) value = 0.5 + value.abs();
    file.tensors.emplace_back(name, value);
  }
  return file;
}

void check_close(const at::Tensor& there, const at::Tensor& here) {
  REQUIRE(there.is_cpu());  // a program goes on with it
  CHECK((there - here).abs().max().item<double>() < 1e-4 * here.abs().max().item<double>());
}

}  // namespace

TEST_CASE("accelerator: Inception") {
  const TensorFile weights = random_weights(Inception::parameters());
  const at::Tensor x = at::rand({2, 3, 107, 75}) * 2 - 1;
  const Features here = Inception(weights, "w", at::kCPU)(x, {true, true, true});
  const Features there = Inception(weights, "w", kDevice)(x.to(kDevice), {true, true, true});
  check_close(there.pool.to(at::kCPU), here.pool);
  check_close(there.probabilities.to(at::kCPU), here.probabilities);
  check_close(there.spatial.to(at::kCPU), here.spatial);
}

TEST_CASE("accelerator: LPIPS") {
  for (const char* network : {"alex", "squeeze"}) {
    const TensorFile weights = random_weights(Backbone::parameters(network));
    TensorFile linear;
    for (const BackboneLayer& layer : Backbone::layers(network))
      if (layer.tap)
        linear.tensors.emplace_back(cat("lin", linear.tensors.size(), ".model.1.weight"),
                                    at::rand({1, layer.out, 1, 1}));
    const Image a = samples::noisy(70, 66, 1), b = samples::noisy(70, 66, 2);
    const double here = Lpips(Backbone(weights, "w", at::kCPU), linear, "l")(a, b);
    CHECK(Lpips(Backbone(weights, "w", kDevice), linear, "l")(a, b) == doctest::Approx(here).epsilon(1e-5));
  }
}

TEST_CASE("accelerator: a residual network and a classifier") {
  const at::Tensor x = at::arange(2 * 3 * 16 * 16, at::kFloat).reshape({2, 3, 16, 16}).sin();
  for (const int64_t depth : {20, 50}) {
    const ResNet here({depth, 7}, 1, at::kCPU), there({depth, 7}, 1, kDevice);
    check_close(there(x.to(kDevice), true).detach().to(at::kCPU), here(x, true).detach());
    check_close(there(x.to(kDevice), false).detach().to(at::kCPU), here(x, false).detach());
  }
  // Two classes that differ in brightness are learned.
  samples::ImageFolder images;
  for (int i = 0; i < 32; ++i) {
    Image image = samples::noisy(28, 28, static_cast<uint64_t>(i));
    for (uint8_t& value : image.u8) value = static_cast<uint8_t>(value / 2 + (i % 2) * 128);
    images.write(cat(i % 2 == 0 ? "dark/" : "light/", i, ".png"), image);
  }
  const LabelledImages all({images.path}, 64, 1);
  ClassifierOptions options;
  options.recipe = recipe_named("digits");
  options.recipe.batch = 8;
  options.recipe.epochs = 3;
  options.classes = all.classes();
  options.device = kDevice;
  options.threads = 1;
  const auto logits = train_classifier(options, all, all, {});
  REQUIRE(logits);
  int64_t right = 0;
  for (int64_t i = 0; i < all.size(); ++i) right += (*logits)[i].argmax().item<int64_t>() == all.label(i);
  CHECK(right >= 30);
}
