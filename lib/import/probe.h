// A network checked against its original: tensors that went into it there, and what came out.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace sr3 {

struct ProbeResult {
  int64_t images = 0;
  double largest = 0;   // absolute difference
  double relative = 0;  // that, in units of the largest absolute value of the original's output
};

// probe: a safetensors file with `x` (N,C,H,W) and `t` (N) or one number: what the original was called with, timestep
// or noise level; where the stage takes them, `y` (N) int64 classes, and `low_res` (N,C,h,w) before the network's own
// resize, or `cond` (N,C,H,W) after it; and `output`. In fp32, by what also samples (nn/unet.h, UNetRunner).
// DataError for what is missing, misshapen or not asked for.
ProbeResult run_probe(const std::string& probe, const std::string& stage, at::Device device);

}  // namespace sr3
