// Checkpoints of random numbers, and the plain operators with which the reference networks of these tests are written:
// double precision, NCHW, one after the other.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "format/safetensors.h"
#include "import/import_stage.h"
#include "import/layout.h"
#include "import/probe.h"
#include "stream/scratch.h"
#include "tensor/aten.h"

namespace checkpoints {

using Weights = std::map<std::string, at::Tensor>;  // double

// Everything is random, so that every parameter has an effect: norms near 1, other weights so that activations keep their size.
inline Weights random_weights(const std::vector<sr3::TensorSource>& shapes) {
  at::manual_seed(7);
  Weights weights;
  for (const auto& [name, shape] : shapes) {
    int64_t fan = 1;
    for (size_t i = 1; i < shape.size(); ++i) fan *= shape[i];
    const bool scale = shape.size() == 1 && name.ends_with("weight");
    at::Tensor value =
        at::randn(shape, at::kDouble) * (shape.size() > 1 ? 1 / std::sqrt(static_cast<double>(fan)) : 0.3);
    weights[name] = (scale ? value + 1 : value).to(at::kFloat).to(at::kDouble);
  }
  return weights;
}

inline void save(const std::string& path, const Weights& weights, const std::string& prefix = "",
                 at::ScalarType type = at::kFloat) {
  sr3::TensorFile file;
  for (const auto& [name, value] : weights) file.tensors.emplace_back(prefix + name, value.to(type));
  sr3::write_safetensors(path, file);
}

// Imports a checkpoint, compares the stage's network with `output` by a probe, and returns the relative error.
inline double import_and_verify(const std::string& format, const std::string& checkpoint, sr3::ImportOptions options,
                                const std::string& folder, const Weights& probe, const at::Tensor& labels = {}) {
  options.output = folder + "stage.json";
  options.no_history = true;
  const sr3::CheckpointFile file(checkpoint);
  sr3::ImportPlan plan = sr3::plan_import(format, file, options);
  sr3::write_stage(plan, options, [](int64_t) {});
  sr3::TensorFile probe_file;
  for (const auto& [name, value] : probe) probe_file.tensors.emplace_back(name, value.to(at::kFloat));
  if (labels.defined()) probe_file.tensors.emplace_back("y", labels);
  sr3::write_safetensors(folder + "probe.safetensors", probe_file);
  return sr3::run_probe(folder + "probe.safetensors", options.output, at::kCPU).relative;
}

inline std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

// Operators by name.
struct Slow {
  const Weights& w;
  int64_t groups = 32;
  double eps = 1e-5;

  bool has(const std::string& name) const { return w.contains(name); }
  const at::Tensor& operator[](const std::string& name) const {
    const auto found = w.find(name);
    if (found == w.end()) FAIL(("the checkpoint has no '" + name + "'"));
    return found->second;
  }
  at::Tensor conv(const std::string& name, const at::Tensor& x, int64_t stride = 1, int64_t padding = 1) const {
    at::Tensor weight = (*this)[name + ".weight"];
    while (weight.dim() < 4) weight = weight.unsqueeze(-1);
    return at::conv2d(x, weight, has(name + ".bias") ? (*this)[name + ".bias"] : at::Tensor(), stride,
                      weight.size(2) == 1 ? 0 : padding);
  }
  at::Tensor linear(const std::string& name, const at::Tensor& x) const {
    return at::matmul(x, (*this)[name + ".weight"].t()) + (*this)[name + ".bias"];
  }
  at::Tensor norm(const std::string& name, const at::Tensor& x) const {
    return at::group_norm(x, groups, (*this)[name + ".weight"], (*this)[name + ".bias"], eps);
  }
  static at::Tensor silu(const at::Tensor& x) { return x * at::sigmoid(x); }
  static at::Tensor up(const at::Tensor& x) { return x.repeat_interleave(2, 2).repeat_interleave(2, 3); }
  static at::Tensor down(const at::Tensor& x) {
    return x.reshape({x.size(0), x.size(1), x.size(2) / 2, 2, x.size(3) / 2, 2}).mean(at::IntArrayRef{3, 5});
  }
  // q, k, v (N, heads, d, T) -> (N, heads d, T)
  static at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
    const double scale = 1 / std::sqrt(static_cast<double>(q.size(2)));
    const at::Tensor weight = at::softmax(at::matmul(q.transpose(2, 3), k) * scale, -1);
    return at::matmul(v, weight.transpose(2, 3)).reshape({q.size(0), q.size(1) * q.size(2), q.size(3)});
  }
};

}  // namespace checkpoints
