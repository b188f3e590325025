// Where tensors are computed, by the words of --device and --threads.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace sr3 {

// name: auto|cpu|cuda|cuda:N, where auto is the first GPU, or the CPU without one. Throws Error when this machine or this
// libtorch does not have the device.
at::Device open_device(const std::string& name);
// Sets how many threads libtorch computes in; 0: one on each core (its own default can be 1). Call it before the first
// tensor operation.
void use_threads(int64_t threads);

}  // namespace sr3
