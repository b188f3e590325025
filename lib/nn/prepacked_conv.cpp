#include "nn/prepacked_conv.h"

#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "nn/precision.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

// oneDNN's operators with packed weights are looked up by name, because no public header declares their class.
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

std::vector<int64_t> pair(int64_t n) { return {n, n}; }

}  // namespace

// The packed weights for the latest input shapes, the most recent first.
class PrepackedConv::Packed {
 public:
  c10::IValue of(const PrepackedConv& conv, const at::Tensor& x) {
    std::vector<int64_t> key = x.sizes().vec();
    key.push_back(at::get_num_threads());
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(layouts_.begin(), layouts_.end(), [&](const auto& l) { return l.first == key; });
    if (found != layouts_.end()) {
      std::rotate(layouts_.begin(), found, found + 1);
    } else {
      if (layouts_.size() == kLayouts) layouts_.pop_back();
      std::vector<c10::IValue> stack = {conv.weight_,
                                        conv.bias_.defined() ? c10::IValue(conv.bias_) : c10::IValue(),
                                        pair(conv.stride_),
                                        pair(conv.padding_),
                                        pair(1),
                                        int64_t{1},
                                        x.sizes().vec(),
                                        std::string("none")};
      operators().pack->callBoxed(&stack);
      layouts_.insert(layouts_.begin(), {std::move(key), stack.at(0)});
    }
    return layouts_.front().second;
  }

 private:
  static constexpr size_t kLayouts = 2;
  std::mutex mutex_;
  std::vector<std::pair<std::vector<int64_t>, c10::IValue>> layouts_;  // N, C, H, W, threads -> packed weights
};

PrepackedConv::PrepackedConv(const ConvPlan& plan, const at::Tensor& weight, const at::Tensor& bias,
                             at::ScalarType type)
    : weight_(weight.to(type).contiguous(at::MemoryFormat::ChannelsLast)),
      bias_(bias.defined() ? bias.to(type) : bias),
      stride_(plan.stride),
      padding_(plan.same ? 0 : plan.kernel / 2),
      same_(plan.same) {
  const bool fits = type == at::kFloat || (type == at::kBFloat16 && onednn_has_bf16());
  if (fits && weight_.is_cpu() && operators().pack) packed_ = std::make_shared<Packed>();
}

at::Tensor PrepackedConv::operator()(const at::Tensor& given) const {
  const at::Tensor x = same_ ? at::constant_pad_nd(given, {0, 1, 0, 1}) : given;
  if (!packed_) return at::conv2d(x, weight_, bias_, stride_, padding_);
  std::vector<c10::IValue> stack = {x, packed_->of(*this, x)};
  operators().run->callBoxed(&stack);
  return stack.at(0).toTensor();
}

}  // namespace sr3
