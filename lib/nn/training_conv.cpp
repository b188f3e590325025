#include "nn/training_conv.h"

#include <torch/csrc/autograd/custom_function.h>

#include "nn/conv_weight.h"
#include "nn/fused_conv.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

at::Tensor convolved(const FusedConv& conv, const at::Tensor& x) {
  ConvInput input;
  input.maps = {{x, {}, {}}};
  return conv(input, {}, 1, /*moments=*/false).data;
}

class WinogradConv : public torch::autograd::Function<WinogradConv> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const ConvPlan& plan, const at::Tensor& x,
                            const at::Tensor& weight, const at::Tensor& bias) {
    context->saved_data["out"] = plan.out;
    context->save_for_backward({x, weight});
    return convolved(FusedConv(plan, weight, bias), x);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const at::Tensor g = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    ConvPlan plan;
    plan.out = context->saved_data["out"].toInt(), plan.kernel = 3, plan.stride = 1, plan.same = false;
    at::Tensor of_x, of_bias;
    if (context->needs_input_grad(0))  // the tensors among the arguments are counted
      of_x = convolved(FusedConv(plan, weight, {}, ConvNumbers::kFloats, nullptr, ConvDirection::kTransposed), g);
    if (context->needs_input_grad(2)) of_bias = g.sum({0, 2, 3});
    // oneDNN is faster in its own layout, which it makes of contiguous maps, even with their copies.
    const at::Tensor of_weight = std::get<1>(at::convolution_backward(
        g.contiguous(), x.contiguous(), weight, {}, {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, 1, {false, true, false}));
    return {{}, of_x, of_weight, of_bias};
  }
};

}  // namespace

at::Tensor training_conv(const ConvPlan& plan, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const auto type = x.scalar_type();
  if (x.is_cpu() && type == at::kFloat && FusedConv::supported() && FusedConv::has_winograd(plan, weight.size(1)))
    return WinogradConv::apply(plan, x, weight, bias.defined() ? bias : at::zeros({plan.out}, weight.options()));
  const at::Tensor w = conv_weight(weight, type), b = bias.defined() ? bias.to(type) : bias;
  if (plan.same) return at::conv2d(at::constant_pad_nd(x, {0, 1, 0, 1}), w, b, plan.stride);
  return at::conv2d(x, w, b, plan.stride, plan.kernel / 2);
}

}  // namespace sr3
