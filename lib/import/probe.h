// Verifies an imported network against its original, by inputs and the output that the original computed from them.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace sr3 {

struct ProbeResult {
  int64_t images = 0;
  double largest = 0;   // absolute difference
  double relative = 0;  // the same, relative to the largest absolute value of the original's output
};

// probe: a safetensors file with `x` (N,C,H,W); `t` (N) or one number, the timestep or noise level that the original was
// called with; if the stage takes them, `y` (N), int64 class labels, and `low_res` (N,C,h,w) before the network's own
// resize, or `cond` (N,C,H,W) after it; and `output`. Computed in fp32 by the code that samples too (nn/unet.h, UNetRunner).
// DataError for tensors that are missing, of another shape, or not used.
ProbeResult run_probe(const std::string& probe, const std::string& stage, at::Device device);

}  // namespace sr3
