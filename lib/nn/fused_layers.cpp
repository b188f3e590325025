#include "nn/fused_layers.h"

#include <utility>

#include "nn/attention.h"
#include "nn/group_norm_coefficients.h"
#include "nn/norm_input.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

// What a norm of concatenated maps multiplies and adds, from the maps' moments.
Coefficients<float> group_norm_coefficients(const GroupNormInput& in, const Maps& maps) {
  std::vector<at::Tensor> means, squares;
  for (const FeatureMap& map : maps) {
    means.push_back(map.mean);
    squares.push_back(map.square);
  }
  const at::Tensor mean = maps.size() == 1 ? means[0] : at::cat(means, 1);
  const at::Tensor square = maps.size() == 1 ? squares[0] : at::cat(squares, 1);
  Coefficients<float> result(mean.size(0), mean.size(1), in.groups);
  result.channel_mean = mean;
  const auto ready = [](const at::Tensor& t) { return t.defined() ? t.contiguous() : t; };
  const NormParameters parameters = {in.weight, in.bias, ready(in.scale), ready(in.shift), ready(in.offset)};
  const auto pixels = static_cast<double>(maps[0].data.size(2) * maps[0].data.size(3));
  for (int64_t i = 0; i < mean.size(0); ++i)
    set_coefficients(parameters, i, in.groups, in.eps, pixels, row<double>(square, i), result);
  return result;
}

at::Tensor whole(const Maps& x) { return x.size() == 1 ? x[0].data : at::cat({x[0].data, x[1].data}, 1); }

}  // namespace

std::vector<ConvNumbers> conv_numbers(const Plan& plan, at::ScalarType type) {
  std::vector<ConvNumbers> numbers(plan.convs.size(), ConvNumbers::kFloats);
  if (type != at::kChar) return numbers;
  const auto use_bytes = [&](int conv, Resample before) {
    if (conv >= 0 && before != Resample::kDown) numbers[conv] = ConvNumbers::kBytes;
  };
  for (const BlockPlan& block : plan.blocks) {
    use_bytes(block.conv1, block.resample);
    use_bytes(block.conv2, Resample::kNone);
    use_bytes(block.skip, block.resample);
  }
  for (const Step& step : plan.steps) use_bytes(step.conv, Resample::kNone);
  return numbers;
}

FusedLayers::FusedLayers(const Plan& plan, const Parameters& parameters, const std::vector<FusedConv>& convs,
                         std::vector<at::Tensor> projections)
    : plan_(plan), parameters_(parameters), convs_(convs), projections_(std::move(projections)) {}

Maps FusedLayers::join(const Maps& h, const Maps& kept) { return {h[0], kept[0]}; }

// Its moments are not needed: only the residual sum reads it.
Maps FusedLayers::resize(Resample to, const Maps& x) { return {{resized(to, whole(x)), {}, {}}}; }

Maps FusedLayers::conv(int number, const Maps& x, Resample before) {
  ConvInput input;
  input.maps = x;
  input.resample = before;
  return {convs_[number](input)};
}

Maps FusedLayers::norm_conv(const NormUse& norm, int conv, const Maps& x) { return {run(norm, conv, x, {}, 1)}; }

Maps FusedLayers::residual_conv(const NormUse& norm, int conv, const Maps& x, const Maps& skip) {
  return {run(norm, conv, x, whole(skip), plan_.options.skip_scale)};
}

Maps FusedLayers::attend(const AttentionPlan& plan, const Maps& qkv, const Maps& skip) {
  ConvInput input;
  input.maps = {{self_attention(qkv[0].data, plan.heads), {}, {}}};
  return {convs_[plan.out](input, whole(skip), plan_.options.skip_scale)};
}

FeatureMap FusedLayers::run(const NormUse& use, int conv, const Maps& x, const at::Tensor& residual,
                            double scale) const {
  const at::Tensor projection = use.projection >= 0 ? projections_[use.projection] : at::Tensor();
  const Coefficients<float> norm = group_norm_coefficients(norm_input(plan_, parameters_, use, projection), x);
  ConvInput input;
  input.maps = x;
  input.norm = &norm;
  input.activate = use.activate;
  input.resample = use.resample;
  return convs_[conv](input, residual, scale, /*moments=*/conv != plan_.out_conv);
}

}  // namespace sr3
