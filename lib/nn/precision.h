// Which number format a network runs in.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>

namespace sr3 {

// Whether the CPU multiplies bf16 in hardware (avx512_bf16 or amx_bf16). Without it bf16 is three times slower than
// fp32.
bool cpu_has_bf16();
// Whether bf16 is the faster one: not where all that an Intel CPU has (or its virtual machine shows) is avx512_bf16. It
// multiplies at the rate of fp32 there, and all else around it costs: 0.6 of fp32's speed as measured.
bool cpu_favours_bf16();

// Whether oneDNN computes in bf16 at all, as it does from AVX-512 (BW, VL, DQ) on; libtorch's own kernels do anywhere.
bool onednn_has_bf16();

// --precision: auto|fp32|bf16|fp16. auto is bf16 on a GPU and where cpu_favours_bf16, else fp32. UsageError for another
// word, and for fp16 on a CPU.
at::ScalarType precision_named(const std::string& name, at::Device device);

}  // namespace sr3
