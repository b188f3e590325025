// Which number format a network runs in.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>

namespace sr3 {

// Whether the CPU multiplies bf16 in hardware (avx512_bf16 or amx_bf16). Without it bf16 is three times slower than fp32.
bool cpu_has_bf16();

// --precision: auto|fp32|bf16|fp16. auto is bf16 where the device has it in hardware, else fp32. UsageError for another word,
// and for fp16 on a CPU.
at::ScalarType precision_named(const std::string& name, at::Device device);

}  // namespace sr3
