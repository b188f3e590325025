#include "nn/forward.h"

#include <vector>

#include "nn/attention.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

at::Tensor upsample(const at::Tensor& x) {
  const std::vector<int64_t> size = {2 * x.size(2), 2 * x.size(3)};
  return at::upsample_nearest2d(x, size);
}

at::Tensor resize(Resample to, const at::Tensor& x) {
  if (to == Resample::kNone) return x;
  return to == Resample::kUp ? upsample(x) : at::avg_pool2d(x, {2, 2});
}

at::Tensor run_attention(const AttentionPlan& plan, Layers& layers, const at::Tensor& x) {
  const at::Tensor qkv = layers.conv(plan.qkv, layers.norm(plan.norm, x, -1, /*activate=*/false));
  return layers.add(layers.conv(plan.out, self_attention(qkv, plan.heads)), x);
}

at::Tensor run_block(const Plan& plan, const BlockPlan& block, Layers& layers, const at::Tensor& x) {
  at::Tensor h = resize(block.resample, layers.norm(block.norm1, x, -1, /*activate=*/true));
  h = layers.conv(block.conv1, h);
  h = layers.norm(block.norm2, h, block.projection, /*activate=*/true);
  h = layers.conv(block.conv2, layers.dropout(block.number, h));
  const at::Tensor skip = resize(block.resample, x);
  h = layers.add(h, block.skip >= 0 ? layers.conv(block.skip, skip) : skip);
  return block.attention >= 0 ? run_attention(plan.attentions[block.attention], layers, h) : h;
}

}  // namespace

at::Tensor run_plan(const Plan& plan, Layers& layers, const at::Tensor& stem) {
  std::vector<at::Tensor> kept = {stem};
  at::Tensor h = stem;
  for (const Step& step : plan.steps) {
    if (step.join) {
      h = at::cat({h, kept.back()}, 1);
      kept.pop_back();
    }
    if (step.block >= 0) {
      h = run_block(plan, plan.blocks[step.block], layers, h);
    } else {
      h = layers.conv(step.conv, step.resample == Resample::kUp ? upsample(h) : h);
    }
    if (step.keep) kept.push_back(h);
  }
  return layers.norm(plan.out_norm, h, -1, /*activate=*/true);
}

}  // namespace sr3
