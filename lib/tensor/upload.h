// Copies between the host and a device. Each has a cost of its own, whatever its size, and a copy to the host waits for all that
// the device has been given to do: a training step has one of either kind.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <vector>

namespace sr3 {

// The tensors, which are on the CPU, on a device: contiguous, by a single copy that the host does not wait for. An undefined tensor
// stays undefined. On a CPU they are returned as they are.
std::vector<at::Tensor> uploaded(const std::vector<at::Tensor>& tensors, at::Device device);
// The values of tensors of one element on one device, by a single copy.
std::vector<double> downloaded(const std::vector<at::Tensor>& numbers);

}  // namespace sr3
