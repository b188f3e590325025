// An accelerator for tests on machines without one: libtorch's device type PrivateUse1, whose memory the CPU cannot touch outside
// the device's operators (a read or write there is a segmentation fault), and whose operators refuse tensors of two devices, as
// CUDA's do. It counts what a program must avoid in its loops: copies between host and device, and waits of the host for the
// device. The operators themselves are the CPU's, so that results are equal to those of libtorch's operators on a CPU.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace sr3::stand_in {

inline const c10::Device kDevice(c10::DeviceType::PrivateUse1, 0);

// Of all threads together, since the program began.
struct Traffic {
  int64_t uploads = 0;    // copies from the host to the device
  int64_t downloads = 0;  // copies from the device to the host, and single values (item())
  int64_t waits = 0;      // of the host: downloads, and operators whose result's shape depends on values
  int64_t operators = 0;

  Traffic operator-(const Traffic& other) const {
    return {uploads - other.uploads, downloads - other.downloads, waits - other.waits, operators - other.operators};
  }
};
Traffic traffic();

// Bytes that are allocated now, and the most that were at once since the last call of limit_memory().
int64_t used_memory();
int64_t most_memory();
// Allocations beyond so many bytes in all fail with c10::OutOfMemoryError; 0: there is no limit. free_memory() tells what is left.
void limit_memory(int64_t bytes);

}  // namespace sr3::stand_in
