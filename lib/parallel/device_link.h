// Exchanges of tensors of NVIDIA GPUs without a copy to the CPU: c10d's NCCL, where libtorch has it and the headers of CUDA and
// NCCL were there to build with (SR3_NCCL, see CMakeLists.txt). This was compiled, but not run: no machine with two GPUs was at
// hand.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/intrusive_ptr.h>

#include <cstdint>
#include <memory>

namespace c10d {
class Store;
}

namespace sr3 {

class DeviceLink {
 public:
  virtual ~DeviceLink() = default;
  // As Link::exchange, of contiguous tensors on the device. Throws what libtorch throws.
  virtual void exchange(int64_t process, const at::Tensor& out, const at::Tensor& in) = 0;
};

bool has_device_link();

// Connects the devices of all processes, each of which has one of its own. All processes call it. `timeout`: seconds of each
// exchange. Throws what libtorch throws.
std::unique_ptr<DeviceLink> connect_devices(const c10::intrusive_ptr<c10d::Store>& store, int64_t rank, int64_t size,
                                            const at::Device& device, double timeout);

}  // namespace sr3
