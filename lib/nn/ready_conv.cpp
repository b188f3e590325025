#include "nn/ready_conv.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>

namespace sr3 {

namespace {

// oneDNN's operators with packed weights are reached by name: their class is in no public header.
struct PackedOperators {
  std::optional<c10::OperatorHandle> pack, run;

  PackedOperators() {
    const auto find = [](const char* name) -> std::optional<c10::OperatorHandle> {
      const auto found = c10::Dispatcher::singleton().findSchema({name, ""});
      if (!found) return std::nullopt;
      return *found;
    };
    pack = find("mkldnn_prepacked::conv2d_prepack");
    run = find("mkldnn_prepacked::conv2d_run");
    if (!run || !pack || pack->schema().arguments().size() != 8) pack = std::nullopt;
  }
};

const PackedOperators& operators() {
  static const PackedOperators found;
  return found;
}

}  // namespace

ReadyConv::ReadyConv(const ConvPlan& plan, const at::Tensor& weight, const at::Tensor& bias, at::ScalarType type)
    : weight_(weight.to(type).contiguous(at::MemoryFormat::ChannelsLast)),
      bias_(bias.defined() ? bias.to(type) : bias),
      in_channels_(weight.size(1)),
      stride_(plan.stride),
      padding_(plan.kernel / 2) {}

void ReadyConv::pack(at::IntArrayRef input) {
  const bool fits = weight_.defined() && weight_.is_cpu() && operators().pack &&
                    (weight_.scalar_type() == at::kFloat || weight_.scalar_type() == at::kBFloat16);
  if (!fits) return;
  const auto pair = [](int64_t n) { return std::vector<int64_t>{n, n}; };
  std::vector<c10::IValue> stack = {weight_,       bias_.defined() ? c10::IValue(bias_) : c10::IValue(),
                                    pair(stride_), pair(padding_),
                                    pair(1),       int64_t{1},
                                    input.vec(),   std::string("none")};
  operators().pack->callBoxed(&stack);
  packed_ = stack.at(0);
  weight_.reset();
}

at::Tensor ReadyConv::operator()(const at::Tensor& x) const {
  if (packed_.isNone()) return at::conv2d(x, weight_, bias_, stride_, padding_);
  std::vector<c10::IValue> stack = {x, packed_};
  operators().run->callBoxed(&stack);
  return stack.at(0).toTensor();
}

}  // namespace sr3
