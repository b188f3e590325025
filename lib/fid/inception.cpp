#include "fid/inception.h"

#include <set>

#include "base/error.h"
#include "base/file.h"
#include "fid/feature_resize.h"
#include "format/digest.h"
#include "format/torch_pickle.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr int64_t kSide = 299, kClasses = 1008, kPool = 2048, kSpatialChannels = 7;
constexpr double kBatchNormEpsilon = 0.001;     // of the batch norms
constexpr const char* kPublished = "6726825d";  // how the published file's SHA-256 begins

struct UnitPlan {
  std::string name;
  int64_t in, out, height, width;
  int64_t stride = 1, pad_height = 0, pad_width = 0;
};

// Every convolution of the network: "valid" ones without padding, "same" ones padded so that stride 1 keeps the size.
std::vector<UnitPlan> plan() {
  std::vector<UnitPlan> all;
  const auto valid = [&](const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    all.push_back({name, in, out, kernel, kernel, stride});
  };
  const auto same = [&](const std::string& name, int64_t in, int64_t out, int64_t height, int64_t width) {
    all.push_back({name, in, out, height, width, 1, height / 2, width / 2});
  };
  valid("Conv2d_1a_3x3", 3, 32, 3, 2);
  valid("Conv2d_2a_3x3", 32, 32, 3, 1);
  same("Conv2d_2b_3x3", 32, 64, 3, 3);
  valid("Conv2d_3b_1x1", 64, 80, 1, 1);
  valid("Conv2d_4a_3x3", 80, 192, 3, 1);
  struct A {
    const char* name;
    int64_t in, pool;
  };
  for (const auto& [name, in, pool] : {A{"Mixed_5b.", 192, 32}, A{"Mixed_5c.", 256, 64}, A{"Mixed_5d.", 288, 64}}) {
    const std::string block = name;
    same(block + "branch1x1", in, 64, 1, 1);
    same(block + "branch5x5_1", in, 48, 1, 1);
    same(block + "branch5x5_2", 48, 64, 5, 5);
    same(block + "branch3x3dbl_1", in, 64, 1, 1);
    same(block + "branch3x3dbl_2", 64, 96, 3, 3);
    same(block + "branch3x3dbl_3", 96, 96, 3, 3);
    same(block + "branch_pool", in, pool, 1, 1);
  }
  valid("Mixed_6a.branch3x3", 288, 384, 3, 2);
  same("Mixed_6a.branch3x3dbl_1", 288, 64, 1, 1);
  same("Mixed_6a.branch3x3dbl_2", 64, 96, 3, 3);
  valid("Mixed_6a.branch3x3dbl_3", 96, 96, 3, 2);
  struct C {
    const char* name;
    int64_t inner;
  };
  for (const auto& [name, inner] :
       {C{"Mixed_6b.", 128}, C{"Mixed_6c.", 160}, C{"Mixed_6d.", 160}, C{"Mixed_6e.", 192}}) {
    const std::string block = name;
    same(block + "branch1x1", 768, 192, 1, 1);
    same(block + "branch7x7_1", 768, inner, 1, 1);
    same(block + "branch7x7_2", inner, inner, 1, 7);
    same(block + "branch7x7_3", inner, 192, 7, 1);
    same(block + "branch7x7dbl_1", 768, inner, 1, 1);
    same(block + "branch7x7dbl_2", inner, inner, 7, 1);
    same(block + "branch7x7dbl_3", inner, inner, 1, 7);
    same(block + "branch7x7dbl_4", inner, inner, 7, 1);
    same(block + "branch7x7dbl_5", inner, 192, 1, 7);
    same(block + "branch_pool", 768, 192, 1, 1);
  }
  same("Mixed_7a.branch3x3_1", 768, 192, 1, 1);
  valid("Mixed_7a.branch3x3_2", 192, 320, 3, 2);
  same("Mixed_7a.branch7x7x3_1", 768, 192, 1, 1);
  same("Mixed_7a.branch7x7x3_2", 192, 192, 1, 7);
  same("Mixed_7a.branch7x7x3_3", 192, 192, 7, 1);
  valid("Mixed_7a.branch7x7x3_4", 192, 192, 3, 2);
  for (const auto& [name, in] : {std::pair("Mixed_7b.", int64_t{1280}), {"Mixed_7c.", 2048}}) {
    const std::string block = name;
    same(block + "branch1x1", in, 320, 1, 1);
    same(block + "branch3x3_1", in, 384, 1, 1);
    same(block + "branch3x3_2a", 384, 384, 1, 3);
    same(block + "branch3x3_2b", 384, 384, 3, 1);
    same(block + "branch3x3dbl_1", in, 448, 1, 1);
    same(block + "branch3x3dbl_2", 448, 384, 3, 3);
    same(block + "branch3x3dbl_3a", 384, 384, 1, 3);
    same(block + "branch3x3dbl_3b", 384, 384, 3, 1);
    same(block + "branch_pool", in, 192, 1, 1);
  }
  return all;
}

// 3x3 average pooling; padding does not count.
at::Tensor average(const at::Tensor& x) {
  return at::avg_pool2d(x, 3, 1, 1, /*ceil_mode=*/false, /*count_include_pad=*/false);
}

at::Tensor halved(const at::Tensor& x) { return at::max_pool2d(x, 3, 2); }

class InceptionNetwork : public FeatureNetwork {
 public:
  InceptionNetwork(Inception inception, FeatureSpec spec, const FeatureOptions& options)
      : FeatureNetwork(std::move(spec), options, /*has_spatial=*/true), inception_(std::move(inception)) {}

  at::Tensor prepare(const Image& image) const override {
    std::vector<float> levels = resize_for_features(image, kSide, kSide, spec_.resize);
    return at::from_blob(levels.data(), {kSide, kSide, Image::kChannels}, at::kFloat).permute({2, 0, 1}).contiguous();
  }

 protected:
  Features run(const at::Tensor& x, const FeatureOutputs& outputs) const override {
    if (x.size(2) != kSide || x.size(3) != kSide)
      throw Error(cat("Inception requires images of 299x299, not ", x.size(3), "x", x.size(2)));
    const double half = spec_.scale == "128" ? 128 : 127.5;
    return inception_((x - half) / half, outputs);
  }

 private:
  Inception inception_;
};

}  // namespace

std::vector<std::pair<std::string, std::vector<int64_t>>> Inception::parameters() {
  std::vector<std::pair<std::string, std::vector<int64_t>>> all;
  for (const UnitPlan& unit : plan()) {
    all.push_back({unit.name + ".conv.weight", {unit.out, unit.in, unit.height, unit.width}});
    for (const char* name : {".bn.weight", ".bn.bias", ".bn.running_mean", ".bn.running_var"})
      all.push_back({unit.name + name, {unit.out}});
  }
  all.push_back({"fc.weight", {kClasses, kPool}});
  all.push_back({"fc.bias", {kClasses}});
  return all;
}

Inception::Inception(const TensorFile& weights, const std::string& origin, at::Device device) {
  std::map<std::string, at::Tensor> given(weights.tensors.begin(), weights.tensors.end());
  std::set<std::string> known;
  for (const auto& [name, shape] : parameters()) {
    const auto found = given.find(name);
    if (found == given.end())
      throw DataError(cat("cannot use '", origin, "': it is not FID's Inception: there is no '", name, "'"));
    if (found->second.sizes() != at::IntArrayRef(shape))
      throw DataError(cat("cannot use '", origin, "': it is not FID's Inception: '", name, "' is ",
                          found->second.sizes(), ", not ", at::IntArrayRef(shape)));
    found->second = found->second.to(at::kDouble);
    known.insert(name);
  }
  for (const auto& [name, tensor] : given)
    if (!known.contains(name) && !name.ends_with(".num_batches_tracked"))
      throw DataError(cat("cannot use '", origin, "': it is not FID's Inception: '", name, "' is unknown"));

  for (const UnitPlan& of : plan()) {
    const at::Tensor factor =
        given[of.name + ".bn.weight"] / (given[of.name + ".bn.running_var"] + kBatchNormEpsilon).sqrt();
    const at::Tensor weight = given[of.name + ".conv.weight"] * factor.view({-1, 1, 1, 1});
    const at::Tensor bias = given[of.name + ".bn.bias"] - given[of.name + ".bn.running_mean"] * factor;
    const auto ready = at::TensorOptions().device(device).dtype(at::kFloat);
    units_[of.name] = {weight.to(ready).contiguous(at::MemoryFormat::ChannelsLast),
                       bias.to(ready),
                       {of.stride, of.stride},
                       {of.pad_height, of.pad_width}};
  }
  classes_ = given["fc.weight"].to(device, at::kFloat);
}

at::Tensor Inception::unit(const std::string& name, const at::Tensor& x) const {
  const Unit& unit = units_.at(name);
  return at::conv2d(x, unit.weight, unit.bias, unit.stride, unit.padding).relu_();
}

at::Tensor Inception::chain(const std::string& block, const std::vector<const char*>& names, at::Tensor x) const {
  for (const char* name : names) x = unit(block + name, x);
  return x;
}

at::Tensor Inception::block_a(const std::string& name, const at::Tensor& x) const {
  return at::cat(
      {unit(name + "branch1x1", x), chain(name, {"branch5x5_1", "branch5x5_2"}, x),
       chain(name, {"branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"}, x), unit(name + "branch_pool", average(x))},
      1);
}

at::Tensor Inception::block_b(const std::string& name, const at::Tensor& x) const {
  return at::cat(
      {unit(name + "branch3x3", x), chain(name, {"branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"}, x), halved(x)},
      1);
}

at::Tensor Inception::block_c(const std::string& name, const at::Tensor& x, at::Tensor* first) const {
  const at::Tensor one = unit(name + "branch1x1", x);
  if (first) *first = one;
  return at::cat(
      {one, chain(name, {"branch7x7_1", "branch7x7_2", "branch7x7_3"}, x),
       chain(name, {"branch7x7dbl_1", "branch7x7dbl_2", "branch7x7dbl_3", "branch7x7dbl_4", "branch7x7dbl_5"}, x),
       unit(name + "branch_pool", average(x))},
      1);
}

at::Tensor Inception::block_d(const std::string& name, const at::Tensor& x) const {
  return at::cat({chain(name, {"branch3x3_1", "branch3x3_2"}, x),
                  chain(name, {"branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3", "branch7x7x3_4"}, x), halved(x)},
                 1);
}

at::Tensor Inception::block_e(const std::string& name, const at::Tensor& x, bool by_maximum) const {
  const at::Tensor three = unit(name + "branch3x3_1", x);
  const at::Tensor twice = chain(name, {"branch3x3dbl_1", "branch3x3dbl_2"}, x);
  return at::cat({unit(name + "branch1x1", x), unit(name + "branch3x3_2a", three), unit(name + "branch3x3_2b", three),
                  unit(name + "branch3x3dbl_3a", twice), unit(name + "branch3x3dbl_3b", twice),
                  unit(name + "branch_pool", by_maximum ? at::max_pool2d(x, 3, 1, 1) : average(x))},
                 1);
}

Features Inception::operator()(const at::Tensor& images, const FeatureOutputs& outputs) const {
  Features result;
  at::Tensor x = images.contiguous(at::MemoryFormat::ChannelsLast);
  x = halved(chain("", {"Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3"}, x));
  x = halved(chain("", {"Conv2d_3b_1x1", "Conv2d_4a_3x3"}, x));
  for (const char* name : {"Mixed_5b.", "Mixed_5c.", "Mixed_5d."}) x = block_a(name, x);
  x = block_b("Mixed_6a.", x);
  x = block_c("Mixed_6b.", x, nullptr);
  x = block_c("Mixed_6c.", x, nullptr);
  at::Tensor spatial;
  x = block_c("Mixed_6d.", x, &spatial);
  if (outputs.spatial)
    result.spatial = spatial.narrow(1, 0, kSpatialChannels).permute({0, 2, 3, 1}).flatten(1).contiguous();
  if (!outputs.pool && !outputs.probabilities) return result;
  x = block_c("Mixed_6e.", x, nullptr);
  x = block_d("Mixed_7a.", x);
  x = block_e("Mixed_7b.", x, /*by_maximum=*/false);
  x = block_e("Mixed_7c.", x, /*by_maximum=*/true);
  const at::Tensor pool = x.mean({2, 3});
  if (outputs.pool) result.pool = pool;
  // Without the bias, as in the original code of the Inception score.
  if (outputs.probabilities) result.probabilities = at::softmax(at::matmul(pool, classes_.t()), 1);
  return result;
}

std::unique_ptr<FeatureNetwork> open_inception(const std::string& path, const FeatureOptions& options) {
  FeatureSpec spec{base_name(path), sha256_file(path), false, options.resize, options.scale};
  if (spec.resize.empty() || spec.resize == "own") spec.resize = "tf1";
  if (spec.scale.empty() || spec.scale == "own") spec.scale = "128";
  spec.inception = options.trust || spec.sha256.starts_with(kPublished);
  TensorFile file = read_torch(path);
  strip_wrappers(file);
  return std::make_unique<InceptionNetwork>(Inception(file, path, options.device), std::move(spec), options);
}

}  // namespace sr3
