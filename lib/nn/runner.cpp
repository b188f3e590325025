// Inference: everything that is constant over the steps is computed once; nothing is kept for a backward pass.
// The result for an image depends on that image alone, bit for bit: not on the rest of its batch, the number of threads, or
// earlier calls. By default oneDNN and BLAS choose kernels by the batch and the threads, and these sum in different orders.
#include <ATen/Parallel.h>

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "nn/embedding.h"
#include "nn/forward.h"
#include "nn/fused_conv.h"
#include "nn/fused_layers.h"
#include "nn/group_norm_silu.h"
#include "nn/memory.h"
#include "nn/norm_input.h"
#include "nn/patches.h"
#include "nn/prepacked_conv.h"
#include "nn/unet.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

// Sets the number of threads that libtorch uses, for its own lifetime.
class Threads {
 public:
  explicit Threads(int n) : before_(at::get_num_threads()) { at::set_num_threads(n); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;

 private:
  int before_;
};

struct Network {
  Plan plan;
  at::Device device;
  at::ScalarType compute;
  Parameters parameters;  // on the device, except for the weights of convolutions
  // With a condition, the stem's convolution has the weights for x alone, and condition_conv those for the condition, and
  // the bias.
  std::vector<PrepackedConv> convs;
  PrepackedConv condition_conv;
  std::vector<FusedConv> fused;  // instead of the two above
  FusedConv fused_condition_conv;
  bool uses_fused = false;
  at::Tensor project_weight, project_bias;  // of all blocks: (sum of widths, embedding), (sum of widths)
  std::vector<int64_t> widths;              // of each block's projection
  at::Tensor levels;                        // (K, embedding); undefined without a level embedding
  at::Tensor projected;                     // (K, sum of widths), if the network is conditioned on the level alone
  int64_t level_count = 0;

  Network(const UNetOptions& options, const Parameters& given, at::Device where, at::ScalarType type)
      : plan(options), device(where), compute(type == at::kChar ? at::kFloat : type) {
    for (const auto& p : plan.parameters) {
      const at::Tensor value = given[p.name].detach();
      if (value.sizes() != at::IntArrayRef(p.shape))
        throw Error(cat("parameter '", p.name, "' is ", value.sizes(), ", not ", at::IntArrayRef(p.shape)));
      if (value.dim() != 4) parameters.add(p.name, value.to(device, at::kFloat));
    }
    uses_fused = device.is_cpu() && compute == at::kFloat && FusedConv::supported();
    const std::vector<ConvNumbers> numbers = conv_numbers(plan, type);
    for (int i = 0; i < static_cast<int>(plan.convs.size()); ++i) add_conv(i, given, numbers[i]);
    std::vector<at::Tensor> weights, biases;
    for (const auto& p : plan.projections) {
      weights.push_back(parameters[p.name + ".weight"]);
      biases.push_back(parameters[p.name + ".bias"]);
      widths.push_back(p.out);
    }
    if (!weights.empty()) {
      project_weight = at::cat(weights, 0);
      project_bias = at::cat(biases, 0);
    }
  }

  void add_conv(int number, const Parameters& given, ConvNumbers numbers) {
    const ConvPlan& c = plan.convs[number];
    const auto type = number == plan.stem || number == plan.out_conv ? at::kFloat : compute;
    const at::Tensor weight = given[c.name + ".weight"].detach().to(device);
    const at::Tensor bias = c.bias ? parameters[c.name + ".bias"] : at::Tensor();
    const auto add = [&](const at::Tensor& w, const at::Tensor& b) {
      if (uses_fused)
        fused.emplace_back(c, w, b, numbers);
      else
        convs.emplace_back(c, w, b, type);
    };
    if (number != plan.stem || plan.options.condition_channels == 0) return add(weight, bias);
    const int64_t area = plan.options.patch * plan.options.patch;
    const int64_t of_x = plan.options.in_channels * area, of_condition = plan.options.condition_channels * area;
    const bool x_first = plan.options.concat_order == "x-condition";
    const at::Tensor of_the_condition = weight.narrow(1, x_first ? of_x : 0, of_condition);
    if (uses_fused)
      fused_condition_conv = FusedConv(c, of_the_condition, bias);
    else
      condition_conv = PrepackedConv(c, of_the_condition, bias, type);
    add(weight.narrow(1, x_first ? 0 : of_condition, of_x), {});
  }

  at::Tensor condition_stem(const at::Tensor& patches) const {
    if (!uses_fused) return condition_conv(patches);
    ConvInput input;
    input.maps = {{patches, {}, {}}};
    return fused_condition_conv(input, {}, 1, /*moments=*/false).data;
  }

  // The embedding (N, embedding) of class and augmentation level, row by row for the same reason as in project().
  at::Tensor cond_embedding(const at::Tensor& labels, const at::Tensor& augmentation_level) const {
    const int64_t n = augmentation_level.defined() ? augmentation_level.size(0) : 0;
    if (!device.is_cpu() || n < 2) return embed_rest(plan, parameters, labels, augmentation_level);
    std::vector<at::Tensor> rows;
    for (int64_t i = 0; i < n; ++i)
      rows.push_back(embed_rest(plan, parameters, labels.defined() ? labels.narrow(0, i, 1) : labels,
                                augmentation_level.narrow(0, i, 1)));
    return at::cat(rows);
  }

  // (N, embedding) -> (N, sum of widths), row by row: the rounding of a matrix product depends on its number of rows.
  at::Tensor project(const at::Tensor& embedding) const {
    const at::Tensor input = plan.options.level.activate ? at::silu(embedding) : embedding;
    if (!device.is_cpu() || input.size(0) == 1) return at::linear(input, project_weight, project_bias);
    std::vector<at::Tensor> rows;
    for (int64_t i = 0; i < input.size(0); ++i)
      rows.push_back(at::linear(input.narrow(0, i, 1), project_weight, project_bias));
    return at::cat(rows);
  }
};

// projections: (N or 1, sum of widths) -> of each block (N, width); undefined: none
std::vector<at::Tensor> by_block(const Network& net, const at::Tensor& projections, int64_t n) {
  if (!projections.defined()) return {};
  return projections.expand({n, -1}).split_with_sizes(net.widths, 1);
}

class InferenceLayers : public TensorLayers {
 public:
  InferenceLayers(const Network& net, std::vector<at::Tensor> projections)
      : net_(net), projections_(std::move(projections)) {}

  using TensorLayers::conv;
  at::Tensor conv(int number, const at::Tensor& x) override { return net_.convs[number](x); }

 protected:
  at::Tensor norm(const NormUse& use, const at::Tensor& x) override {
    GroupNormInput in =
        norm_input(net_.plan, net_.parameters, use, use.projection >= 0 ? projections_[use.projection] : at::Tensor());
    in.x = x;
    return group_norm_silu(in, /*widen=*/use.number == net_.plan.out_norm);
  }

  at::Tensor dropout(int, const at::Tensor& x) override { return x; }

  at::Tensor add(const at::Tensor& h, const at::Tensor& x) override {
    h.add_(x);
    return net_.plan.options.skip_scale == 1 ? h : h.mul_(net_.plan.options.skip_scale);
  }

 private:
  const Network& net_;
  std::vector<at::Tensor> projections_;
};

// stem: the condition's part of it, or undefined.
at::Tensor run_fused_here(const Network& net, const at::Tensor& patches, const at::Tensor& stem,
                          std::vector<at::Tensor> projections) {
  ConvInput input;
  input.maps = {{patches, {}, {}}};
  FusedLayers layers(net.plan, net.parameters, net.fused, std::move(projections));
  return run_plan(net.plan, layers, net.fused[net.plan.stem](input, stem));
}

// Small maps are not worth dividing: each thread takes whole images through the network, which changes no bit of the result.
at::Tensor run_fused(const Network& net, const at::Tensor& patches, const at::Tensor& stem,
                     const std::vector<at::Tensor>& projections) {
  constexpr int64_t kSmallMap = 64 * 64;
  const int64_t n = patches.size(0), threads = at::get_num_threads();
  if (n < 2 || threads < 2 || patches.size(2) * patches.size(3) > kSmallMap)
    return run_fused_here(net, patches, stem, projections);
  const int64_t parts = std::min(n, threads);
  std::vector<at::Tensor> outputs(static_cast<size_t>(parts));
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;  // the gradient mode is per thread
    for (int64_t part = begin; part < end; ++part) {
      const int64_t first = part * n / parts, count = (part + 1) * n / parts - first;
      const auto of = [&](const at::Tensor& t) { return t.defined() ? t.narrow(0, first, count) : t; };
      std::vector<at::Tensor> own;
      own.reserve(projections.size());
      for (const at::Tensor& projection : projections) own.push_back(of(projection));
      outputs[static_cast<size_t>(part)] = run_fused_here(net, of(patches), of(stem), std::move(own));
    }
  });
  return at::cat(outputs);
}

}  // namespace

struct UNetRunner::Impl {
  Impl(const UNetOptions& options, const Parameters& parameters, at::Device device, at::ScalarType compute)
      : net(options, parameters, device, compute) {}
  Network net;
};

class UNetRunner::Prepared {
 public:
  // The contribution of the condition to the output of the stem, with the bias: (N, C, H', W') fp32; or undefined.
  at::Tensor stem;
  at::Tensor cond_embedding;  // the embedding of class and augmentation level: (N, embedding); or undefined
  std::vector<int64_t> size;  // of the condition: N, H, W; empty without one
};

UNetRunner::UNetRunner(const UNetOptions& options, const Parameters& parameters, at::Device device,
                       at::ScalarType compute) {
  const at::NoGradGuard no_grad;
  keep_freed_memory();
  impl_ = std::make_unique<Impl>(options, parameters, device, compute);
}

UNetRunner::~UNetRunner() = default;

void UNetRunner::set_levels(const std::vector<double>& level) {
  const at::NoGradGuard no_grad;
  Network& net = impl_->net;
  net.level_count = static_cast<int64_t>(level.size());
  if (!net.plan.has_level_embedding) return;
  const Threads one(1);
  const at::Tensor values = at::tensor(at::ArrayRef<double>(level), at::kDouble).to(net.device, at::kFloat);
  net.levels = embed_level(net.plan, net.parameters, values);
  const bool all = net.plan.options.classes == 0 && !net.plan.options.augmentation_level;
  net.projected = all ? net.project(net.levels) : at::Tensor();
}

std::shared_ptr<const UNetRunner::Prepared> UNetRunner::prepare(const at::Tensor& condition, const at::Tensor& labels,
                                                                const at::Tensor& augmentation_level) const {
  const at::NoGradGuard no_grad;
  const Network& net = impl_->net;
  const UNetOptions& options = net.plan.options;
  auto prepared = std::make_shared<Prepared>();
  if (condition.defined() != (options.condition_channels > 0))
    throw Error(condition.defined() ? "the network takes no condition" : "the network needs a condition");
  const int64_t n = condition.defined()            ? condition.size(0)
                    : labels.defined()             ? labels.size(0)
                    : augmentation_level.defined() ? augmentation_level.size(0)
                                                   : 0;
  check_conditioning(options, labels, augmentation_level, n);
  if (condition.defined()) {
    if (condition.dim() != 4 || condition.size(1) != options.condition_channels)
      throw Error(cat("the network's condition must be of shape (N,", options.condition_channels, ",H,W), not ",
                      condition.sizes()));
    prepared->size = {n, condition.size(2), condition.size(3)};
    prepared->stem = net.condition_stem(to_patches(net.plan, condition.to(net.device, at::kFloat)));
  }
  const auto here = [&](const at::Tensor& x) { return x.defined() ? x.to(net.device) : x; };
  prepared->cond_embedding = net.cond_embedding(here(labels), here(augmentation_level));
  return prepared;
}

at::Tensor UNetRunner::operator()(const Prepared& prepared, const at::Tensor& x, int64_t k) const {
  const at::NoGradGuard no_grad;
  const Network& net = impl_->net;
  const int64_t n = x.size(0), height = x.size(2), width = x.size(3);
  if (net.plan.has_level_embedding && (k < 0 || k >= net.level_count))
    throw std::logic_error("UNetRunner: a step outside set_levels");
  const bool fits = x.size(1) == net.plan.options.in_channels &&
                    (prepared.size.empty() || prepared.size == std::vector<int64_t>{n, height, width}) &&
                    (!prepared.cond_embedding.defined() || prepared.cond_embedding.size(0) == n);
  if (!fits) throw Error(cat("an image of shape ", x.sizes(), " does not match the prepared condition or labels"));

  at::Tensor projections;
  if (net.projected.defined()) {
    projections = net.projected.narrow(0, k, 1);
  } else if (net.plan.embedding > 0) {
    at::Tensor embedding = prepared.cond_embedding;
    if (net.plan.has_level_embedding) embedding = net.levels.narrow(0, k, 1) + embedding;
    projections = net.project(embedding);
  }
  const at::Tensor patches = to_patches(net.plan, x.to(net.device, at::kFloat));
  at::Tensor y;
  if (net.uses_fused) {
    y = run_fused(net, patches, prepared.stem, by_block(net, projections, n));
  } else {
    InferenceLayers layers(net, by_block(net, projections, n));
    at::Tensor stem = layers.conv(net.plan.stem, patches);
    if (prepared.stem.defined()) stem.add_(prepared.stem);
    y = run_plan(net.plan, layers, {stem.to(net.compute), {}, {}});
  }
  return from_patches(net.plan, y, height, width);
}

}  // namespace sr3
