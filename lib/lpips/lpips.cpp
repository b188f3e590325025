#include "lpips/lpips.h"

#include <map>

#include "base/error.h"
#include "format/torch_pickle.h"
#include "nn/memory.h"
#include "tensor/aten.h"
#include "tensor/convert.h"

namespace sr3 {
namespace {

constexpr double kEpsilon = 1e-10;

// (2,3,H,W)
at::Tensor scaled(const Image& a, const Image& b) {
  const auto per_channel = [](const std::vector<float>& values) { return at::tensor(values).view({1, 3, 1, 1}); };
  const at::Tensor pair = at::stack({to_tensor(a), to_tensor(b)});
  return (pair - per_channel({-.030f, -.088f, -.188f})) / per_channel({.458f, .448f, .450f});
}

at::Tensor unit_length(const at::Tensor& feature) {
  return feature / ((feature * feature).sum(1, /*keepdim=*/true).sqrt() + kEpsilon);
}

}  // namespace

Lpips::Lpips(Backbone backbone, const TensorFile& linear, const std::string& origin) : backbone_(std::move(backbone)) {
  const std::map<std::string, at::Tensor> given(linear.tensors.begin(), linear.tensors.end());
  const auto refuse = [&](const auto&... why) { throw DataError(cat("cannot use '", origin, "': ", why...)); };
  const std::vector<int64_t> channels = backbone_.channels();
  for (size_t k = 0; k < channels.size(); ++k) {
    const std::string name = cat("lin", k, ".model.1.weight");
    const auto found = given.find(name);
    if (found == given.end()) refuse("there is no '", name, "': it has no linear layers for LPIPS' ", network());
    if (found->second.sizes() != at::IntArrayRef({1, channels[k], 1, 1}))
      refuse("'", name, "' is ", found->second.sizes(), ", where LPIPS' ", network(), " has [1, ", channels[k],
             ", 1, 1]: they are another network's");
    linear_.push_back(found->second.to(at::kFloat));
    if (!at::isfinite(linear_.back()).all().item<bool>()) refuse("'", name, "' has values that are not finite");
  }
  if (given.contains(cat("lin", channels.size(), ".model.1.weight")))
    refuse("it has linear layers of more features than LPIPS' ", network(), ": they are another network's");
}

double Lpips::operator()(const Image& a, const Image& b) const {
  if (a.width != b.width || a.height != b.height)
    throw DataError(cat("its size, ", b.width, "x", b.height, ", is not the reference's, ", a.width, "x", a.height));
  double distance = 0;
  backbone_(scaled(a, b), [&](size_t k, const at::Tensor& feature) {
    const at::Tensor unit = unit_length(feature), difference = unit[0] - unit[1];
    const at::Tensor weighted = (difference * difference * linear_[k][0].to(feature.device())).sum(0);
    distance += weighted.to(at::kDouble).mean().item<double>();
  });
  return distance;
}

Lpips open_lpips(const std::string& backbone, const std::string& linear, at::Device device) {
  keep_freed_memory();
  TensorFile network = read_torch(backbone), layers = read_torch(linear);
  strip_wrappers(network);
  strip_wrappers(layers);
  return {Backbone(network, backbone, device), layers, linear};
}

}  // namespace sr3
