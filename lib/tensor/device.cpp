#include "tensor/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <dlfcn.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"

namespace sr3 {

namespace {

// Devices of this kind that can be used. libtorch registers a guard for each kind that it was built for.
int64_t devices_like(at::Device device) {
  if (device.is_cuda()) return at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
  const auto* guard = c10::impl::device_guard_impl_registry[static_cast<size_t>(device.type())].load();
  return guard == nullptr ? 0 : guard->deviceCount();
}

std::map<c10::DeviceType, std::function<int64_t(at::Device)>>& memory_questions() {
  static std::map<c10::DeviceType, std::function<int64_t(at::Device)>> all;
  return all;
}

}  // namespace

std::optional<int64_t> free_memory(at::Device device) {
  const auto own = memory_questions().find(device.type());
  if (own != memory_questions().end()) return own->second(device);
  if (!device.is_cuda()) return std::nullopt;
  // A libtorch for CUDA brings the runtime, whose headers are not needed for this one function of C.
  using Ask = int (*)(size_t * free, size_t * total);
  static const auto ask = reinterpret_cast<Ask>(dlsym(RTLD_DEFAULT, "cudaMemGetInfo"));
  const c10::DeviceGuard guard(device);
  size_t free = 0, total = 0;
  if (ask == nullptr || ask(&free, &total) != 0) return std::nullopt;
  return static_cast<int64_t>(free);
}

void tell_free_memory(c10::DeviceType type, std::function<int64_t(at::Device)> ask) {
  memory_questions()[type] = std::move(ask);
}

at::Device open_device(const std::string& name, int64_t number) {
  if (name == "cpu" || (name == "auto" && !at::hasCUDA())) return at::kCPU;
  at::Device device(name == "auto" ? "cuda" : name);
  const int64_t count = devices_like(device);
  if (count == 0)
    throw Error(cat("cannot use '", name, "': this libtorch or this machine has no ",
                    device.is_cuda() ? "CUDA" : c10::DeviceTypeName(device.type(), /*lower_case=*/true)));
  if (device.index() >= count)
    throw Error(cat("cannot use '", name, "': this machine has ", count, " GPUs, numbered from cuda:0"));
  if (device.index() < 0) device.set_index(static_cast<c10::DeviceIndex>(number % std::max<int64_t>(count, 1)));
  return device;
}

}  // namespace sr3
