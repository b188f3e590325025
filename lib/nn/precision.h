// The floating-point format that a network computes in.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>

namespace sr3 {

// Whether the CPU multiplies bf16 in hardware (avx512_bf16 or amx_bf16). Without it bf16 is three times slower than
// fp32.
bool cpu_has_bf16();
// Whether bf16 is faster than fp32. It is not on an Intel CPU that has (or whose virtual machine shows) avx512_bf16 but not
// amx_bf16: there it multiplies at the rate of fp32, and the conversions make it slower, 0.6 of fp32's speed as measured.
bool cpu_favours_bf16();

// Whether oneDNN can compute in bf16, which needs AVX-512 (BW, VL, DQ). libtorch's own kernels can on any CPU.
bool onednn_has_bf16();

// The type for --precision: auto|fp32|bf16|fp16|int8, which is kChar: maps are fp32, and the convolutions after a norm
// multiply bytes (fused_conv.h). auto is bf16 on a GPU and where cpu_favours_bf16(), else fp32. Throws
// UsageError for another word, for fp16 on a CPU, and for int8 where it is not supported.
at::ScalarType precision_named(const std::string& name, at::Device device);
// The word of --precision for a type that precision_named() returns.
std::string precision_name(at::ScalarType type);

}  // namespace sr3
