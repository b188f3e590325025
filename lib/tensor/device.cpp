#include "tensor/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <algorithm>
#include <thread>

#include "base/error.h"

namespace sr3 {

at::Device open_device(const std::string& name) {
  if (name == "cpu" || (name == "auto" && !at::hasCUDA())) return at::kCPU;
  if (!at::hasCUDA()) throw Error(cat("cannot use '", name, "': this libtorch or this machine has no CUDA"));
  at::Device device(name == "auto" ? "cuda" : name);
  const int count = at::detail::getCUDAHooks().getNumGPUs();
  if (device.index() >= count)
    throw Error(cat("cannot use '", name, "': this machine has ", count, " GPUs, numbered from cuda:0"));
  if (device.index() < 0) device.set_index(0);
  return device;
}

void use_threads(int64_t threads) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  at::set_num_threads(static_cast<int>(threads));
}

}  // namespace sr3
