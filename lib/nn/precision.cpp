#include "nn/precision.h"

#include <ATen/Context.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <stdexcept>

#include "base/error.h"
#include "nn/fused_conv.h"

namespace sr3 {

namespace {

bool avx512_bf16() {
#if defined(__x86_64__)
  // Unlike a bare CPUID, __builtin_cpu_supports also checks that the operating system saves the AVX-512 registers.
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

bool amx_bf16() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 22 & 1) != 0 && __builtin_cpu_supports("avx512f") != 0;
#else
  return false;
#endif
}

bool intel() {
#if defined(__x86_64__)
  return __builtin_cpu_is("intel") != 0;
#else
  return false;
#endif
}

}  // namespace

bool cpu_has_bf16() { return avx512_bf16() || amx_bf16(); }

bool cpu_favours_bf16() { return amx_bf16() || (avx512_bf16() && !intel()); }

bool onednn_has_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#else
  return false;
#endif
}

at::ScalarType precision_named(const std::string& name, at::Device device) {
  if (name == "fp32") return at::kFloat;
  if (name == "bf16") return at::kBFloat16;
  if (name == "fp16") {
    if (device.is_cpu()) throw UsageError("fp16 is for GPUs only: use bf16 or fp32");
    return at::kHalf;
  }
  if (name == "int8") {
    if (!device.is_cpu() || !FusedConv::supported()) throw UsageError("int8 is for CPUs with AVX2: use fp32 or bf16");
    return at::kChar;
  }
  if (name != "auto")
    throw UsageError(cat("unknown precision '", name, "': it must be auto, fp32, bf16, fp16 or int8"));
  return !device.is_cpu() || cpu_favours_bf16() ? at::kBFloat16 : at::kFloat;
}

std::string precision_name(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "fp32";
    case at::kBFloat16:
      return "bf16";
    case at::kHalf:
      return "fp16";
    case at::kChar:
      return "int8";
    default:
      throw std::logic_error(cat("no precision computes in ", at::toString(type)));
  }
}

}  // namespace sr3
