#include "lpips/backbone.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

using Kind = BackboneLayer::Kind;
constexpr const char* kNames[] = {"alex", "vgg", "squeeze"};

BackboneLayer convolution(int64_t index, int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t padding,
                          bool tap) {
  return {.kind = Kind::kConvolution,
          .index = index,
          .in = in,
          .out = out,
          .kernel = kernel,
          .stride = stride,
          .padding = padding,
          .tap = tap};
}

BackboneLayer pool(int64_t kernel, bool round_up = false) {
  return {.kind = Kind::kPool, .kernel = kernel, .stride = 2, .round_up = round_up};
}

BackboneLayer fire(int64_t index, int64_t in, int64_t squeeze, int64_t out, bool tap) {
  return {.kind = Kind::kFire, .index = index, .in = in, .out = out, .squeeze = squeeze, .tap = tap};
}

std::vector<BackboneLayer> alex_layers() {
  return {convolution(0, 3, 64, 11, 4, 2, true),   pool(3),
          convolution(3, 64, 192, 5, 1, 2, true),  pool(3),
          convolution(6, 192, 384, 3, 1, 1, true), convolution(8, 384, 256, 3, 1, 1, true),
          convolution(10, 256, 256, 3, 1, 1, true)};
}

std::vector<BackboneLayer> vgg_layers() {
  std::vector<BackboneLayer> all;
  int64_t index = 0, in = 3;
  for (const auto& [out, count] : {std::pair<int64_t, int>{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}) {
    if (index > 0) all.push_back(pool(2)), ++index;
    for (int i = 0; i < count; ++i, index += 2, in = out)
      all.push_back(convolution(index, in, out, 3, 1, 1, i + 1 == count));
  }
  return all;
}

std::vector<BackboneLayer> squeeze_layers() {
  return {convolution(0, 3, 64, 3, 2, 0, true),
          pool(3, true),
          fire(3, 64, 16, 128, false),
          fire(4, 128, 16, 128, true),
          pool(3, true),
          fire(6, 128, 32, 256, false),
          fire(7, 256, 32, 256, true),
          pool(3, true),
          fire(9, 256, 48, 384, true),
          fire(10, 384, 48, 384, true),
          fire(11, 384, 64, 512, true),
          fire(12, 512, 64, 512, true)};
}

std::string in_features(int64_t index, const std::string& part = "") { return cat("features.", index, part); }

// The network that has this tensor at its beginning; "" if none does.
std::string recognised(const std::map<std::string, at::Tensor>& given) {
  const auto first = given.find("features.0.weight");
  if (first == given.end()) return "";
  if (first->second.sizes() == at::IntArrayRef({64, 3, 11, 11})) return "alex";
  if (first->second.sizes() != at::IntArrayRef({64, 3, 3, 3})) return "";
  return given.contains("features.3.squeeze.weight") ? "squeeze" : "vgg";
}

// The number of outputs along a side.
int64_t outputs(int64_t side, const BackboneLayer& layer) {
  const int64_t rest = side + 2 * layer.padding - layer.kernel + (layer.round_up ? layer.stride - 1 : 0);
  return rest < 0 ? 0 : rest / layer.stride + 1;
}

}  // namespace

std::vector<BackboneLayer> Backbone::layers(const std::string& name) {
  return name == "alex" ? alex_layers() : name == "vgg" ? vgg_layers() : squeeze_layers();
}

std::vector<std::pair<std::string, std::vector<int64_t>>> Backbone::parameters(const std::string& name) {
  std::vector<std::pair<std::string, std::vector<int64_t>>> all;
  const auto add = [&](const std::string& tensor, int64_t in, int64_t out, int64_t kernel) {
    all.push_back({tensor + ".weight", {out, in, kernel, kernel}});
    all.push_back({tensor + ".bias", {out}});
  };
  for (const BackboneLayer& layer : layers(name)) {
    if (layer.kind == Kind::kConvolution) add(in_features(layer.index), layer.in, layer.out, layer.kernel);
    if (layer.kind != Kind::kFire) continue;
    add(in_features(layer.index, ".squeeze"), layer.in, layer.squeeze, 1);
    add(in_features(layer.index, ".expand1x1"), layer.squeeze, layer.out / 2, 1);
    add(in_features(layer.index, ".expand3x3"), layer.squeeze, layer.out / 2, 3);
  }
  return all;
}

Backbone::Backbone(const TensorFile& weights, const std::string& origin, at::Device device) : device_(device) {
  const std::map<std::string, at::Tensor> given(weights.tensors.begin(), weights.tensors.end());
  const auto refuse = [&](const auto&... why) { throw DataError(cat("cannot use '", origin, "': ", why...)); };
  name_ = recognised(given);
  if (name_.empty())
    refuse("it is not one of LPIPS' networks, torchvision's AlexNet, VGG16 and SqueezeNet 1.1",
           given.contains("features.3.squeeze.weight") ? ", but SqueezeNet 1.0" : "");
  layers_ = layers(name_);
  std::set<std::string> known;
  for (const auto& [tensor, shape] : parameters(name_)) {
    const auto found = given.find(tensor);
    if (found == given.end()) refuse("there is no '", tensor, "', which LPIPS' ", name_, " has");
    if (found->second.sizes() != at::IntArrayRef(shape))
      refuse("'", tensor, "' is ", found->second.sizes(), ", where LPIPS' ", name_, " has ", at::IntArrayRef(shape));
    const at::Tensor value = found->second.to(device, at::kFloat);
    if (!at::isfinite(value).all().item<bool>()) refuse("'", tensor, "' has values that are not finite");
    weights_[tensor] = value;
    known.insert(tensor);
  }
  for (const auto& [tensor, value] : given)
    if (tensor.starts_with("features.") && !known.contains(tensor))
      refuse("it has a '", tensor, "', which LPIPS' ", name_, " does not have: it is another network");
}

std::vector<int64_t> Backbone::channels() const {
  std::vector<int64_t> all;
  for (const BackboneLayer& layer : layers_)
    if (layer.tap) all.push_back(layer.out);
  return all;
}

void Backbone::require_size(int64_t height, int64_t width) const {
  int64_t h = height, w = width;
  for (const BackboneLayer& layer : layers_) {
    if (layer.kind == Kind::kFire) continue;
    h = outputs(h, layer), w = outputs(w, layer);
    if (h < 1 || w < 1) throw DataError(cat("an image of ", width, "x", height, " is too small for LPIPS' ", name_));
  }
}

at::Tensor Backbone::convolved(const std::string& tensor, const at::Tensor& x, int64_t stride, int64_t padding) const {
  return at::conv2d(x, weights_.at(tensor + ".weight"), weights_.at(tensor + ".bias"), stride, padding).relu_();
}

void Backbone::operator()(at::Tensor x, const std::function<void(size_t, const at::Tensor&)>& use) const {
  const at::NoGradGuard no_grad;
  require_size(x.size(2), x.size(3));
  x = x.to(device_, at::kFloat);
  size_t k = 0;
  for (const BackboneLayer& layer : layers_) {
    if (layer.kind == Kind::kPool) {
      x = at::max_pool2d(x, layer.kernel, layer.stride, 0, 1, layer.round_up);
    } else if (layer.kind == Kind::kConvolution) {
      x = convolved(in_features(layer.index), x, layer.stride, layer.padding);
    } else {
      const at::Tensor squeezed = convolved(in_features(layer.index, ".squeeze"), x, 1, 0);
      x = at::cat({convolved(in_features(layer.index, ".expand1x1"), squeezed, 1, 0),
                   convolved(in_features(layer.index, ".expand3x3"), squeezed, 1, 1)},
                  1);
    }
    if (layer.tap) use(k++, x);
  }
}

}  // namespace sr3
