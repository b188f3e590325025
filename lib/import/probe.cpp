#include "import/probe.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "degrade/enlarge.h"
#include "format/safetensors.h"
#include "stage/weights.h"
#include "tensor/aten.h"
#include "tensor/upsample.h"

namespace sr3 {
namespace {

class Probe {
 public:
  explicit Probe(const std::string& path) : path_(path) {
    TensorFile file = read_safetensors(path);
    for (auto& [name, tensor] : file.tensors) tensors_.emplace(name, std::move(tensor));
    for (const auto& [name, tensor] : tensors_) {
      if (tensor.is_floating_point() && !at::isfinite(tensor).all().item<bool>())
        throw refused(cat("'", name, "' holds a number that is not finite"));
      if (name != "x" && name != "t" && name != "y" && name != "low_res" && name != "cond" && name != "output")
        throw refused(cat("'", name, "' is not one of x, t, y, low_res, cond, output"));
    }
  }

  DataError refused(const std::string& why) const { return DataError(cat("cannot use '", path_, "': ", why)); }
  bool has(const std::string& name) const { return tensors_.contains(name); }

  at::Tensor need(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw refused(cat("tensor '", name, "' is missing"));
    return found->second;
  }
  // (N,C,H,W) float32
  at::Tensor images(const std::string& name, int64_t n, int64_t channels) const {
    const at::Tensor tensor = need(name);
    if (tensor.dim() != 4 || tensor.size(1) != channels || (n >= 0 && tensor.size(0) != n) || tensor.numel() == 0)
      throw refused(
          cat("'", name, "' is ", tensor.sizes(), ", not (", n < 0 ? "N" : std::to_string(n), ",", channels, ",H,W)"));
    return tensor.to(at::kFloat);
  }
  // (N); a single number is repeated N times.
  at::Tensor per_image(const std::string& name, int64_t n, at::ScalarType type) const {
    const at::Tensor tensor = need(name);
    if (tensor.numel() == 1) return tensor.to(type).reshape({1}).expand({n}).contiguous();
    if (tensor.numel() != n) throw refused(cat("'", name, "' is ", tensor.sizes(), ", and there are ", n, " images"));
    return tensor.to(type).reshape({n}).contiguous();
  }

 private:
  std::string path_;
  std::map<std::string, at::Tensor> tensors_;
};

at::Tensor condition_of(const Probe& probe, const StageManifest& stage, const at::Tensor& x) {
  const int64_t n = x.size(0), channels = stage.network.condition_channels;
  if (channels == 0) {
    if (probe.has("low_res") || probe.has("cond"))
      throw probe.refused("it has a condition, which the stage does not take");
    return {};
  }
  if (probe.has("low_res") == probe.has("cond"))
    throw probe.refused("the stage takes a condition: either 'low_res' or 'cond' is needed");
  if (probe.has("cond")) {
    const at::Tensor condition = probe.images("cond", n, channels);
    if (condition.sizes().slice(2) != x.sizes().slice(2))
      throw probe.refused(cat("'cond' is ", condition.sizes(), ", and 'x' ", x.sizes()));
    return condition;
  }
  const at::Tensor low_res = probe.images("low_res", n, channels);
  std::vector<at::Tensor> large;
  for (int64_t i = 0; i < n; ++i)
    large.push_back(enlarge_planes(low_res[i], x.size(3), x.size(2), enlargement_named(stage.low_res.upsample)));
  return at::stack(large);
}

}  // namespace

ProbeResult run_probe(const std::string& path, const std::string& stage_path, at::Device device) {
  const Probe probe(path);
  StageWeights stage = read_stage_weights(stage_path);
  UNetOptions& network = stage.manifest.network;
  if (network.augmentation_level) throw Error(cat("cannot verify '", stage_path, "': it takes an augmentation level"));
  network.level.scale = 1;  // t is the value that the original network was called with, after any rescaling
  const at::Tensor x = probe.images("x", -1, network.in_channels);
  const int64_t n = x.size(0);
  const at::Tensor t =
      network.level.input == "none" ? at::zeros({n}, at::kDouble) : probe.per_image("t", n, at::kDouble);
  if (network.classes == 0 && probe.has("y")) throw probe.refused("it has 'y', but the stage has no classes");
  at::Tensor labels;
  if (network.classes > 0) {
    if (!at::isIntegralType(probe.need("y").scalar_type(), /*includeBool=*/false))
      throw probe.refused("'y' does not hold integers");
    labels = probe.per_image("y", n, at::kLong);
    if (labels.min().item<int64_t>() < 0 || labels.max().item<int64_t>() >= network.classes)
      throw probe.refused(cat("'y' is not in 0 to ", network.classes - 1));
  }
  const at::Tensor condition = condition_of(probe, stage.manifest, x);
  const at::Tensor wanted = probe.images("output", n, network.out_channels);
  if (wanted.sizes().slice(2) != x.sizes().slice(2))
    throw probe.refused(cat("'output' is ", wanted.sizes(), ", and 'x' ", x.sizes()));

  UNetRunner run(network, stage.parameters, device, at::kFloat);
  run.set_levels({t.data_ptr<double>(), t.data_ptr<double>() + n});
  ProbeResult result;
  for (int64_t i = 0; i < n; ++i) {
    const auto one = [&](const at::Tensor& all) { return all.defined() ? all.narrow(0, i, 1) : all; };
    const at::Tensor out = run(*run.prepare(one(condition), one(labels), {}), one(x), i).to(at::kCPU);
    const double difference = (out - one(wanted)).abs().max().item<double>();
    if (std::isnan(difference) || difference > result.largest) result.largest = difference;
    if (std::isnan(difference)) break;  // the largest difference stays NaN
  }
  result.images = n;
  result.relative = result.largest / std::max(wanted.abs().max().item<double>(), 1e-30);
  return result;
}

}  // namespace sr3
