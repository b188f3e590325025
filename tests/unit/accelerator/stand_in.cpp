#include "accelerator/stand_in.h"

#include <ATen/core/boxing/KernelFunction.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/_local_scalar_dense.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>
#include <torch/version.h>
#if TORCH_VERSION_MAJOR >= 2
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "accelerator/stand_in_memory.h"
#include "tensor/device.h"

namespace sr3::stand_in {
namespace {

std::atomic<int64_t> uploads, downloads, waits, operators;

bool on_device(const at::Tensor& t);

// An operator that runs: the CPU can touch the memory of its tensors while this lives.
class Running {
 public:
  Running() = default;
  ~Running() {
    for (void* block : blocks_) memory().close(block);
  }
  Running(const Running&) = delete;

  // A CPU tensor of the same memory.
  at::Tensor alias(const at::Tensor& t) {
    if (!on_device(t)) return t;
    blocks_.push_back(memory().open(t.storage().data()));
    return at::from_blob(t.data_ptr(), t.sizes(), t.strides(), t.options().device(at::kCPU).requires_grad(false));
  }

 private:
  std::vector<void*> blocks_;
};

bool on_device(const at::Tensor& t) { return t.defined() && t.device().type() == c10::DeviceType::PrivateUse1; }

at::Tensor allocated(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type) {
  int64_t numbers = 1;
  for (size_t i = 0; i < sizes.size(); ++i) numbers = sizes[i] == 0 ? 0 : numbers + (sizes[i] - 1) * strides[i];
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) numbers = 0;
  const auto bytes = static_cast<size_t>(numbers) * c10::elementSize(type);
  void* const data = memory().allocate(bytes);
  c10::DataPtr pointer(
      data, data, [](void* p) { memory().release(p); }, kDevice);
  c10::Storage storage(c10::Storage::use_byte_size_t(), bytes, std::move(pointer), nullptr, /*resizable=*/false);
  at::Tensor made = at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), c10::scalarTypeToTypeMeta(type));
  made.unsafeGetTensorImpl()->set_sizes_and_strides(sizes, strides);
  return made;
}

// A device tensor with a CPU tensor's values, which an operator has made: no copy for the program.
at::Tensor moved_here(const at::Tensor& host) {
  at::Tensor made = allocated(host.sizes(), host.strides(), host.scalar_type());
  Running running;
  running.alias(made).copy_(host);
  return made;
}

at::Tensor empty_memory_format(c10::IntArrayRef size, c10::optional<at::ScalarType> type, c10::optional<at::Layout>,
                               c10::optional<at::Device>, c10::optional<bool>, c10::optional<at::MemoryFormat> format) {
  const auto order = format.value_or(at::MemoryFormat::Contiguous);
  std::vector<int64_t> strides(size.size(), 1);
  for (size_t i = size.size(); i > 1; --i) strides[i - 2] = strides[i - 1] * std::max<int64_t>(1, size[i - 1]);
  if (order == at::MemoryFormat::ChannelsLast) strides = c10::get_channels_last_strides_2d(size);
  TORCH_CHECK(order == at::MemoryFormat::ChannelsLast || order == at::MemoryFormat::Contiguous,
              "stand-in: memory format");
  return allocated(size, strides, type.value_or(at::kFloat));
}

at::Tensor empty_with_strides(c10::IntArrayRef size, c10::IntArrayRef stride, c10::optional<at::ScalarType> type,
                              c10::optional<at::Layout>, c10::optional<at::Device>, c10::optional<bool>) {
  return allocated(size, stride, type.value_or(at::kFloat));
}

at::Tensor strided(const at::Tensor& self, c10::IntArrayRef size, c10::IntArrayRef stride,
                   c10::optional<int64_t> offset) {
  return at::native::as_strided_tensorimpl(self, size, stride, offset);
}

at::Tensor viewed(const at::Tensor& self, c10::IntArrayRef size) { return at::native::view(self, size); }

at::Tensor reshape_alias(const at::Tensor& self, c10::IntArrayRef size, c10::IntArrayRef stride) {
  return at::native::as_strided_tensorimpl(self, size, stride, c10::nullopt);
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool non_blocking) {
  if (!on_device(from)) {
    ++uploads;
  } else if (!on_device(to)) {
    ++downloads;
    ++waits;
  }
  Running running;
  running.alias(to).copy_(running.alias(from));
  return to;
}

at::Scalar single_value(const at::Tensor& self) {
  ++downloads;
  ++waits;
  Running running;
  return at::_local_scalar_dense(running.alias(self));
}

void check_device(const at::Tensor& t, const char* name) {
  if (t.defined() && !on_device(t)) throw std::runtime_error(std::string("stand-in: ") + name + " of two devices");
}

at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight, const c10::optional<at::Tensor>& bias,
                       c10::IntArrayRef stride, c10::IntArrayRef padding, c10::IntArrayRef dilation, bool transposed,
                       c10::IntArrayRef output_padding, int64_t groups) {
  ++operators;
  for (const at::Tensor& t : {input, weight, bias.value_or(at::Tensor())}) check_device(t, "convolution");
  at::Tensor result;
  {
    Running running;
    c10::optional<at::Tensor> host_bias;
    if (bias && bias->defined()) host_bias = running.alias(*bias);
    result = at::convolution(running.alias(input), running.alias(weight), host_bias, stride, padding, dilation,
                             transposed, output_padding, groups);
  }
  return moved_here(result);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_gradients(const at::Tensor& gradient,
                                                                     const at::Tensor& input, const at::Tensor& weight,
                                                                     c10::IntArrayRef stride, c10::IntArrayRef padding,
                                                                     c10::IntArrayRef dilation, bool transposed,
                                                                     c10::IntArrayRef output_padding, int64_t groups,
                                                                     std::array<bool, 3> mask) {
  ++operators;
  for (const at::Tensor& t : {gradient, input, weight}) check_device(t, "convolution_backward");
  std::tuple<at::Tensor, at::Tensor, at::Tensor> result;
  {
    Running running;
    const std::vector<int64_t> bias = {weight.size(0)};
    result = at::convolution_backward(running.alias(gradient), running.alias(input), running.alias(weight),
                                      at::IntArrayRef(bias), stride, padding, dilation, transposed, output_padding,
                                      groups, mask);
  }
  const auto moved = [](const at::Tensor& t) { return t.defined() ? moved_here(t) : t; };
  return {moved(std::get<0>(result)), moved(std::get<1>(result)), moved(std::get<2>(result))};
}

// Runs an operator by the CPU's kernel on the device's memory.
class Call {
 public:
  explicit Call(const c10::OperatorHandle& op) : op_(op) {}

  void operator()(torch::jit::Stack* stack) {
    ++operators;
    const size_t count = op_.schema().arguments().size();
    std::vector<c10::IValue> values(stack->end() - static_cast<std::ptrdiff_t>(count), stack->end());
    torch::jit::drop(*stack, count);
    for (c10::IValue& value : values) value = here(value);
    op_.callBoxed(&values);
    bool found = false;
    for (c10::IValue& value : values) {
      value = back(value);
      found |= value.isTensor() || value.isTensorList();
    }
    // A number, or a tensor whose shape depends on values.
    if ((!found && !values.empty()) || depends_on_values()) {
      ++downloads;
      ++waits;
    }
    stack->insert(stack->end(), values.begin(), values.end());
  }

 private:
  at::Tensor here(const at::Tensor& t) {
    if (!t.defined()) return t;
    if (!on_device(t)) {
      if (t.dim() > 0)
        throw std::runtime_error("stand-in: " + name() + " of tensors on two devices");  // CUDA takes single numbers
      return t;
    }
    masked_ |= t.scalar_type() == at::kBool;
    // An output that the operator gives its size begins as an empty tensor.
    const at::Tensor alias = t.numel() == 0 ? at::empty(t.sizes(), t.options().device(at::kCPU)) : running_.alias(t);
    aliases_.emplace_back(t, alias);
    return alias;
  }

  c10::IValue here(const c10::IValue& value) {
    if (value.isTensor()) return here(value.toTensor());
    if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& t : value.toTensorVector()) list.push_back(here(t));
      return list;
    }
    if (value.isOptionalTensorList()) {
      c10::List<c10::optional<at::Tensor>> list;
      for (const c10::optional<at::Tensor>& t : value.toOptionalTensorVector())
        list.push_back(t ? c10::optional<at::Tensor>(here(*t)) : t);
      return list;
    }
    if (value.isDevice()) return c10::Device(at::kCPU);
    return value;
  }

  at::Tensor back(const at::Tensor& result) {
    if (!result.defined()) return result;
    for (const auto& [device, alias] : aliases_) {
      if (result.is_same(alias)) {  // in place, or an output
        if (result.sizes() != device.sizes()) take(device, moved_here(result));
        return device;
      }
      if (alias.storage().unsafeGetStorageImpl() == result.storage().unsafeGetStorageImpl())
        return device.as_strided(result.sizes(), result.strides(), device.storage_offset() + result.storage_offset());
    }
    return moved_here(result);
  }

  c10::IValue back(const c10::IValue& value) {
    if (value.isTensor()) return back(value.toTensor());
    if (!value.isTensorList()) return value;
    c10::List<at::Tensor> list;
    for (const at::Tensor& t : value.toTensorVector()) list.push_back(back(t));
    return list;
  }

  static void take(const at::Tensor& t, const at::Tensor& made) {
    t.unsafeGetTensorImpl()->set_storage_keep_dtype(made.storage());
    t.unsafeGetTensorImpl()->set_sizes_and_strides(made.sizes(), made.strides());
  }

  std::string name() const { return op_.schema().name(); }
  bool depends_on_values() const {
    static const std::vector<std::string> always = {"aten::nonzero", "aten::masked_select", "aten::_unique",
                                                    "aten::_unique2"};
    if (std::find(always.begin(), always.end(), name()) != always.end()) return true;
    return masked_ && (name() == "aten::index" || name() == "aten::index_put_");
  }

  const c10::OperatorHandle& op_;
  Running running_;
  std::vector<std::pair<at::Tensor, at::Tensor>> aliases_;  // of the arguments: the device's tensor, the CPU's
  bool masked_ = false;
};

void by_the_cpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  Call call(op);
  call(stack);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&by_the_cpu>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &empty_memory_format);
  library.impl("empty_strided", &empty_with_strides);
  library.impl("as_strided", &strided);
  library.impl("view", &viewed);
  library.impl("_reshape_alias", &reshape_alias);
  library.impl("_copy_from", &copy_from);
  library.impl("_local_scalar_dense", &single_value);
  library.impl("convolution_overrideable", &convolution);
  library.impl("convolution_backward_overrideable", &convolution_gradients);
}

const bool kTells = [] {
  tell_free_memory(c10::DeviceType::PrivateUse1, [](at::Device) { return memory().free(); });
  return true;
}();

#if TORCH_VERSION_MAJOR >= 2
// The backward pass asks libtorch for the program's accelerator, which without this would be a GPU that is not there. The functions
// are not marked as overriding, because versions of libtorch differ in what the interface has.
struct Hooks : at::PrivateUse1HooksInterface {
  bool isBuilt() const { return true; }
  bool isAvailable() const { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const { return true; }
  c10::DeviceIndex deviceCount() const { return 1; }
  const at::Generator& getDefaultGenerator(c10::DeviceIndex) const { return generator_; }
  const at::Generator& getDefaultGenerator(c10::DeviceIndex) { return generator_; }

 private:
  at::Generator generator_ = at::detail::createCPUGenerator();  // that at::manual_seed() sets
};
const bool kRegistered = [] {
  static Hooks hooks;
  at::RegisterPrivateUse1HooksInterface(&hooks);
  c10::register_privateuse1_backend("stand_in");
  return true;
}();
#endif

// One device with one stream, on which everything is done at once.
struct Guard final : c10::impl::DeviceGuardImplInterface {
  Guard() = default;
  explicit Guard(c10::DeviceType) {}
  c10::DeviceType type() const override { return kDevice.type(); }
  c10::Device exchangeDevice(c10::Device) const override { return kDevice; }
  c10::Device getDevice() const override { return kDevice; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, kDevice); }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, kDevice); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void**, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, const c10::DeviceIndex) const noexcept override {}
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

}  // namespace

Traffic traffic() { return {uploads, downloads, waits, operators}; }
int64_t used_memory() { return memory().used(); }
int64_t most_memory() { return memory().most(); }
void limit_memory(int64_t bytes) { memory().limit(bytes); }

}  // namespace sr3::stand_in
