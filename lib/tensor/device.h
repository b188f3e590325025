// The device and the threads that tensors are computed with, as given by --device and --threads.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace sr3 {

// The device auto, cpu, cuda or cuda:N; auto is a GPU if there is one, else the CPU. A GPU without a number is the first, or of
// processes that share a machine one for each of them in turn: `number` is this one's. Error when there is no such device.
at::Device open_device(const std::string& name, int64_t number = 0);
// The bytes that are free on a device; nothing for a CPU, and for devices that do not tell.
std::optional<int64_t> free_memory(at::Device device);
// For devices of a kind that libtorch does not ship: what free_memory() asks.
void tell_free_memory(c10::DeviceType type, std::function<int64_t(at::Device)> ask);
// Sets the number of threads; 0 means all cores (libtorch's own default can be 1). Call it before the first tensor
// operation.
void use_threads(int64_t threads);

}  // namespace sr3
