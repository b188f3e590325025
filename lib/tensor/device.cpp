#include "tensor/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <algorithm>

#include "base/error.h"

namespace sr3 {

at::Device open_device(const std::string& name, int64_t number) {
  if (name == "cpu" || (name == "auto" && !at::hasCUDA())) return at::kCPU;
  if (!at::hasCUDA()) throw Error(cat("cannot use '", name, "': this libtorch or this machine has no CUDA"));
  at::Device device(name == "auto" ? "cuda" : name);
  const int count = at::detail::getCUDAHooks().getNumGPUs();
  if (device.index() >= count)
    throw Error(cat("cannot use '", name, "': this machine has ", count, " GPUs, numbered from cuda:0"));
  if (device.index() < 0) device.set_index(static_cast<c10::DeviceIndex>(number % std::max(count, 1)));
  return device;
}

}  // namespace sr3
