#include "nn/checkpointed.h"

#include <torch/csrc/autograd/custom_function.h>

#include "tensor/aten.h"

namespace sr3 {

namespace {

// So that the context of an autograd function can hold a function.
struct HeldPart : torch::CustomClassHolder {
  explicit HeldPart(NetworkPart part) : run(std::move(part)) {}
  NetworkPart run;
};

// Calls the part as its first call and its second one have it: with inputs of its own, and a graph from them to the result.
at::Tensor computed(const NetworkPart& run, const torch::autograd::variable_list& inputs) {
  const at::AutoGradMode with_gradients(true);
  return run(inputs[0], inputs[1], inputs[2]);
}

// An empty tensor stands for an undefined one, which an autograd function of libtorch 1.13 does not take.
at::Tensor own_input(const at::Tensor& given) {
  if (given.numel() == 0) return {};
  at::Tensor own = given.detach();
  own.requires_grad_(true);
  return own;
}

class Checkpointed : public torch::autograd::Function<Checkpointed> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const NetworkPart& run, const at::Tensor& h,
                            const at::Tensor& kept, const at::Tensor& embedding) {
    context->save_for_backward({h, kept, embedding});
    context->saved_data["part"] = at::IValue::make_capsule(c10::make_intrusive<HeldPart>(run));
    // With gradients, because without them some operators have other kernels, of other rounding; the graph is dropped.
    return computed(run, {own_input(h), own_input(kept), own_input(embedding)}).detach();
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto part = c10::static_intrusive_pointer_cast<HeldPart>(context->saved_data["part"].toCapsule());
    torch::autograd::variable_list inputs;
    for (const at::Tensor& saved : context->get_saved_variables()) inputs.push_back(own_input(saved));
    computed(part->run, inputs).backward(gradients[0]);
    const auto gradient = [&](size_t i) { return inputs[i].defined() ? inputs[i].grad() : at::Tensor(); };
    return {{}, gradient(0), gradient(1), gradient(2)};
  }
};

}  // namespace

at::Tensor checkpointed(const NetworkPart& run, const at::Tensor& h, const at::Tensor& kept,
                        const at::Tensor& embedding) {
  const auto some = [](const at::Tensor& t) { return t.defined() ? t : at::empty({0}, at::kFloat); };
  return Checkpointed::apply(run, h, some(kept), some(embedding));
}

}  // namespace sr3
