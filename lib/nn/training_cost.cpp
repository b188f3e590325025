#include "nn/training_cost.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "nn/forward.h"
#include "nn/unet_plan.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

// Follows unet.cpp and the operators that it calls: what each of them saves, and what it computes.
class CountingLayers : public Layers {
 public:
  CountingLayers(const Plan& plan, const TrainingPass& pass, TrainingCost& cost)
      : plan_(plan), pass_(pass), cost_(cost) {}

  // With checkpointing a step's inputs are kept, and the rest as long as it is computed.
  Maps run_step(const StepBody& body, Maps h, Maps kept) override {
    if (!pass_.checkpoint) return body(std::move(h), std::move(kept));
    keep(h[0].data);
    if (!kept.empty()) keep(kept[0].data);
    const int64_t before = cost_.kept;
    const auto known = kept_;
    forwards_ = 2;
    const Maps y = body(std::move(h), std::move(kept));
    forwards_ = 1;
    cost_.recomputed = std::max(cost_.recomputed, cost_.kept - before);
    cost_.kept = before;
    kept_ = known;
    return y;
  }

  // A map without memory: all of its numbers are one.
  static at::Tensor map(int64_t n, int64_t channels, int64_t height, int64_t width, at::ScalarType type) {
    return at::empty({1}, type).expand({n, channels, height, width});
  }

  Maps join(const Maps& h, const Maps& kept) override {
    return of(with_channels(h[0].data, h[0].data.size(1) + kept[0].data.size(1)));
  }

  Maps resize(Resample to, const Maps& x) override { return of(resized_map(to, x[0].data)); }

  Maps conv(int number, const Maps& x, Resample before) override {
    return of(convolved_map(number, resized_map(before, x[0].data)));
  }

  Maps norm_conv(const NormUse& use, int number, const Maps& x) override {
    at::Tensor h = resized_map(use.resample, norm(use, x[0].data));
    if (use.dropout >= 0 && plan_.options.dropout > 0) {
      keep(like(h));  // the mask
      h = like(h);
    }
    return of(convolved_map(number, h));
  }

  Maps residual_conv(const NormUse& use, int number, const Maps& x, const Maps& /*skip*/) override {
    return norm_conv(use, number, x);
  }

  Maps attend(const AttentionPlan& plan, const Maps& qkv, const Maps& /*skip*/) override {
    const at::Tensor& x = qkv[0].data;
    const int64_t tokens = x.size(2) * x.size(3);
    const double product = 2.0 * static_cast<double>(x.size(0) * plan.channels) * static_cast<double>(tokens * tokens);
    add_flops(plan.level, 2 * product, 5 * product);
    // Heads are computed in fp32, except on a GPU, which stores q, k and v one after the other in place of x.
    const at::Tensor out =
        map(x.size(0), plan.channels, x.size(2), x.size(3), pass_.on_gpu ? x.scalar_type() : at::kFloat);
    keep(x);
    keep(out);
    cost_.kept += x.size(0) * plan.heads * tokens * 4;  // the logarithms of the rows' sums
    // With one head the joined heads are the same memory.
    const bool same = plan.heads == 1 && out.scalar_type() == x.scalar_type();
    return of(convolved_map(plan.out, same ? out : with_channels(x, plan.channels)));
  }

  at::Tensor convolved_map(int number, const at::Tensor& x) {
    const ConvPlan& c = plan_.convs[number];
    const bool winograd =
        !pass_.on_gpu && x.scalar_type() == at::kFloat && FusedConv::supported() && FusedConv::has_winograd(c, c.in);
    keep(c.same ? map(x.size(0), x.size(1), x.size(2) + 1, x.size(3) + 1, x.scalar_type()) : x);
    // The weights in channels_last, which those of 1x1 are already, or in bf16.
    if (!winograd && (x.scalar_type() != at::kFloat || c.kernel > 1))
      cost_.kept += c.in * c.out * c.kernel * c.kernel * static_cast<int64_t>(x.element_size());
    const at::Tensor y = map(x.size(0), c.out, x.size(2) / c.stride, x.size(3) / c.stride, x.scalar_type());
    cost_.working = std::max(cost_.working, 2 * (x.numel() + y.numel()) * static_cast<int64_t>(x.element_size()));
    const double product = 2.0 * static_cast<double>(c.in * c.kernel * c.kernel) * static_cast<double>(y.numel());
    add_flops(c.level, product, number == plan_.stem ? product : 2 * product);  // the image needs no gradient
    return y;
  }

 private:
  static Maps of(const at::Tensor& x) { return {{x, {}, {}}}; }
  static at::Tensor with_channels(const at::Tensor& x, int64_t channels) {
    return map(x.size(0), channels, x.size(2), x.size(3), x.scalar_type());
  }
  static at::Tensor like(const at::Tensor& x) { return with_channels(x, x.size(1)); }

  at::Tensor resized_map(Resample to, const at::Tensor& x) {
    if (to == Resample::kNone) return x;
    if (to == Resample::kDown) keep(x);
    const int64_t h = to == Resample::kUp ? 2 * x.size(2) : x.size(2) / 2;
    const int64_t w = to == Resample::kUp ? 2 * x.size(3) : x.size(3) / 2;
    return map(x.size(0), x.size(1), h, w, x.scalar_type());
  }

  at::Tensor norm(const NormUse& use, const at::Tensor& x) {
    const int64_t n = x.size(0), channels = x.size(1);
    const bool projected = use.projection >= 0, scaled = projected && plan_.options.scale_shift;
    if (projected) {
      const LinearPlan& p = plan_.projections[use.projection];
      cost_.kept += n * p.out * 4;
      const double product = 2.0 * static_cast<double>(n * p.in * p.out);
      add_flops(level_of_, product, 2 * product);
    }
    const bool widened = use.number == plan_.out_norm;
    if (!pass_.on_gpu) {
      keep(x);
      // The coefficients of group_norm_coefficients.h: three floats and a double a channel, two doubles a group.
      cost_.kept += n * (channels * (3 * 4 + 8) + plan_.options.groups * 2 * 8);
    } else {
      const auto wide = [&] { return map(n, channels, x.size(2), x.size(3), at::kFloat); };
      const bool own = x.scalar_type() == at::kFloat && (!projected || scaled);
      keep(own ? x : wide());
      if (scaled) keep(wide());
      if (use.activate) keep(wide());
    }
    return map(n, channels, x.size(2), x.size(3), widened ? at::kFloat : x.scalar_type());
  }

  void keep(const at::Tensor& x) {
    if (!kept_.insert(x.storage().unsafeGetStorageImpl()).second) return;
    alive_.push_back(x);  // so that no other map gets its address
    cost_.kept += x.numel() * static_cast<int64_t>(x.element_size());
  }

  void add_flops(int64_t level, double forward, double backward) {
    level_of_ = level;
    cost_.flops[static_cast<size_t>(level)] += forwards_ * forward + backward;
  }

  const Plan& plan_;
  const TrainingPass& pass_;
  TrainingCost& cost_;
  std::set<const void*> kept_;
  std::vector<at::Tensor> alive_;
  double forwards_ = 1;   // how often the step at hand is computed
  int64_t level_of_ = 0;  // of the last layer, to which a projection counts
};

}  // namespace

double TrainingCost::all_flops() const { return std::accumulate(flops.begin(), flops.end(), 0.0); }

TrainingCost training_cost(const UNetOptions& options, const TrainingPass& pass) {
  const Plan plan(options);
  TrainingCost cost;
  cost.flops.resize(options.multipliers.size(), 0.0);
  CountingLayers layers(plan, pass, cost);
  const auto padded = [&](int64_t side) {
    return (side + plan.multiple() - 1) / plan.multiple() * plan.multiple() / options.patch;
  };
  const at::Tensor image =
      CountingLayers::map(pass.images, plan.convs[plan.stem].in, padded(pass.height), padded(pass.width), at::kFloat);
  const at::Tensor stem = layers.convolved_map(plan.stem, image);
  run_plan(plan, layers,
           {stem.scalar_type() == pass.compute
                ? stem
                : CountingLayers::map(stem.size(0), stem.size(1), stem.size(2), stem.size(3), pass.compute),
            {},
            {}});
  return cost;
}

}  // namespace sr3
