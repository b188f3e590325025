// The forward pass of training: differentiable operators, the fused norm, and weights that are cast to the compute type.

#include "nn/unet.h"
#include "base/error.h"
#include "nn/checkpointed.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/forward.h"
#include "nn/group_norm_silu.h"
#include "nn/memory.h"
#include "nn/norm_input.h"
#include "nn/patches.h"
#include "nn/training_conv.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

// Owns all that a step needs, because with checkpointing the backward pass runs it again after unet_forward has returned.
class TrainingLayers : public TensorLayers, public std::enable_shared_from_this<TrainingLayers> {
 public:
  TrainingLayers(const Plan& plan, const Parameters& parameters, const at::Tensor& embedding, bool train,
                 uint64_t dropout_seed, bool checkpoint)
      : plan_(plan),
        parameters_(parameters),
        train_(train),
        checkpoint_(checkpoint),
        dropout_seed_(dropout_seed),
        embedding_(embedding.defined() && plan.options.level.activate ? at::silu(embedding) : embedding) {}

  const Plan& plan() const { return plan_; }

  // The alias adds up the gradients of h that come from within the step before those of other steps are added, so that the sum has
  // the same order, and the same bits, with checkpointing.
  Maps run_step(const StepBody& body, Maps h, Maps kept) override {
    if (!checkpoint_ || !at::GradMode::is_enabled()) return body({{at::alias(h[0].data), {}, {}}}, std::move(kept));
    const auto self = shared_from_this();
    const NetworkPart part = [self, body](const at::Tensor& x, const at::Tensor& other, const at::Tensor& embedding) {
      const at::Tensor outer = self->embedding_;
      self->embedding_ = embedding;
      const Maps joined = other.defined() ? Maps{{other, {}, {}}} : Maps{};
      const at::Tensor y = body({{at::alias(x), {}, {}}}, joined)[0].data;
      self->embedding_ = outer;
      return y;
    };
    return {{checkpointed(part, h[0].data, kept.empty() ? at::Tensor() : kept[0].data, embedding_), {}, {}}};
  }

  using TensorLayers::conv;
  // Computes in the dtype of x, which is fp32 for the first and the last convolution.
  at::Tensor conv(int number, const at::Tensor& x) override {
    const ConvPlan& c = plan_.convs[number];
    return training_conv(c, x, parameters_[c.name + ".weight"], c.bias ? parameters_[c.name + ".bias"] : at::Tensor());
  }

  at::Tensor norm(const NormUse& use, const at::Tensor& x) override {
    at::Tensor projection;
    if (use.projection >= 0) {
      const std::string& name = plan_.projections[use.projection].name;
      projection = at::linear(embedding_, parameters_[name + ".weight"], parameters_[name + ".bias"]);
    }
    GroupNormInput in = norm_input(plan_, parameters_, use, projection);
    in.x = x;
    return group_norm_silu(in, /*widen=*/use.number == plan_.out_norm);
  }

  at::Tensor dropout(int block, const at::Tensor& x) override {
    if (!train_ || plan_.options.dropout == 0) return x;
    return x * dropout_mask(x, plan_.options.dropout, dropout_seed_, static_cast<uint32_t>(block));
  }

  at::Tensor add(const at::Tensor& h, const at::Tensor& x) override {
    return plan_.options.skip_scale == 1 ? h + x : (h + x) * plan_.options.skip_scale;
  }

 private:
  const Plan plan_;
  const Parameters parameters_;
  bool train_, checkpoint_;
  uint64_t dropout_seed_;
  at::Tensor embedding_;  // as the blocks' projections take it
};

void check_images(const UNetOptions& options, const UNetInput& input) {
  const auto check = [&](const char* what, const at::Tensor& image, int64_t channels) {
    if (image.dim() != 4 || image.size(1) != channels || image.size(2) < 1 || image.size(3) < 1)
      throw Error(cat(what, " must be of shape (N,", channels, ",H,W), not ", image.sizes()));
  };
  check("the network's image", input.x, options.in_channels);
  if (input.condition.defined() != (options.condition_channels > 0))
    throw Error(input.condition.defined() ? "the network takes no condition" : "the network needs a condition");
  if (!input.condition.defined()) return;
  check("the network's condition", input.condition, options.condition_channels);
  if (input.condition.size(0) != input.x.size(0) || input.condition.size(2) != input.x.size(2) ||
      input.condition.size(3) != input.x.size(3))
    throw Error(cat("the condition is of shape ", input.condition.sizes(), ", but the image of ", input.x.sizes()));
}

}  // namespace

at::Tensor unet_forward(const UNetOptions& options, const Parameters& parameters, const UNetInput& input,
                        at::ScalarType compute, bool train, uint64_t dropout_seed, bool checkpoint) {
  keep_freed_memory();
  const Plan plan(options);
  const int64_t n = input.x.size(0);
  check_images(options, input);
  check_conditioning(options, input.labels, input.augmentation_level, n);
  if (plan.has_level_embedding && (!input.level.defined() || input.level.dim() != 1 || input.level.size(0) != n))
    throw Error(cat("the network needs noise levels of shape (", n, ")"));

  const auto wide = compute == at::kDouble ? at::kDouble : at::kFloat;
  at::Tensor embedding = embed_level(plan, parameters, input.level);
  const at::Tensor rest = embed_rest(plan, parameters, input.labels, input.augmentation_level);
  if (rest.defined()) embedding = embedding.defined() ? embedding + rest : rest;

  at::Tensor x = to_patches(plan, input.x.to(wide));
  if (input.condition.defined()) {
    const at::Tensor condition = to_patches(plan, input.condition.to(wide));
    x = options.concat_order == "x-condition" ? at::cat({x, condition}, 1) : at::cat({condition, x}, 1);
  }
  const auto layers = std::make_shared<TrainingLayers>(plan, parameters, embedding, train, dropout_seed, checkpoint);
  const at::Tensor y = run_plan(layers->plan(), *layers, {layers->conv(plan.stem, x).to(compute), {}, {}});
  return from_patches(plan, y, input.x.size(2), input.x.size(3));
}

}  // namespace sr3
