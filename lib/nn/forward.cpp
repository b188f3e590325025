#include "nn/forward.h"

#include "nn/attention.h"
#include "tensor/aten.h"

namespace sr3 {

at::Tensor resized(Resample to, const at::Tensor& x) {
  if (to == Resample::kNone) return x;
  if (to == Resample::kDown) return at::avg_pool2d(x, {2, 2});
  const std::vector<int64_t> size = {2 * x.size(2), 2 * x.size(3)};
  return at::upsample_nearest2d(x, size);
}

Maps TensorLayers::join(const Maps& h, const Maps& kept) { return {{at::cat({h[0].data, kept[0].data}, 1), {}, {}}}; }

Maps TensorLayers::resize(Resample to, const Maps& x) { return {{resized(to, x[0].data), {}, {}}}; }

Maps TensorLayers::conv(int number, const Maps& x, Resample before) {
  return {{conv(number, resized(before, x[0].data)), {}, {}}};
}

Maps TensorLayers::norm_conv(const NormUse& use, int number, const Maps& x) {
  at::Tensor h = resized(use.resample, norm(use, x[0].data));
  if (use.dropout >= 0) h = dropout(use.dropout, h);
  return {{conv(number, h), {}, {}}};
}

Maps TensorLayers::residual_conv(const NormUse& use, int number, const Maps& x, const Maps& skip) {
  return {{add(norm_conv(use, number, x)[0].data, skip[0].data), {}, {}}};
}

Maps TensorLayers::attend(const AttentionPlan& plan, const Maps& qkv, const Maps& skip) {
  return {{add(conv(plan.out, self_attention(qkv[0].data, plan.heads)), skip[0].data), {}, {}}};
}

namespace {

Maps run_block(const Plan& plan, const BlockPlan& block, Layers& layers, const Maps& x) {
  NormUse first, second;
  first.number = block.norm1;
  first.resample = block.resample;
  second.number = block.norm2;
  second.projection = block.projection;
  second.dropout = block.number;
  Maps h = layers.norm_conv(first, block.conv1, x);
  const bool resizes = block.resample != Resample::kNone;
  const Maps skip = block.skip >= 0 ? layers.conv(block.skip, x, block.resample)
                    : resizes       ? layers.resize(block.resample, x)
                                    : x;
  h = layers.residual_conv(second, block.conv2, h, skip);
  if (block.attention < 0) return h;
  const AttentionPlan& attention = plan.attentions[block.attention];
  NormUse norm;
  norm.number = attention.norm;
  norm.activate = false;
  return layers.attend(attention, layers.norm_conv(norm, attention.qkv, h), h);
}

}  // namespace

at::Tensor run_plan(const Plan& plan, Layers& layers, const FeatureMap& stem) {
  std::vector<Maps> kept = {{stem}};
  Maps h = kept[0];
  for (const Step& step : plan.steps) {
    Maps joined;
    if (step.join) {
      joined = std::move(kept.back());
      kept.pop_back();
    }
    const auto body = [&plan, &step, &layers](Maps x, Maps other) {
      if (step.join) x = layers.join(x, other);
      other.clear();
      if (step.block >= 0) return run_block(plan, plan.blocks[step.block], layers, x);
      return layers.conv(step.conv, x, step.resample == Resample::kUp ? Resample::kUp : Resample::kNone);
    };
    h = layers.run_step(body, std::move(h), std::move(joined));
    if (step.keep) kept.push_back(h);
  }
  NormUse last;
  last.number = plan.out_norm;
  return layers.norm_conv(last, plan.out_conv, h)[0].data;
}

}  // namespace sr3
