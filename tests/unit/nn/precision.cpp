#include "nn/precision.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "base/error.h"

using namespace sr3;

TEST_CASE("precisions by name") {
  CHECK((precision_named("fp32", at::kCPU) == at::kFloat));
  CHECK((precision_named("bf16", at::kCPU) == at::kBFloat16));
  CHECK((precision_named("fp16", at::Device(at::kCUDA, 0)) == at::kHalf));
  CHECK((precision_named("auto", at::Device(at::kCUDA, 0)) == at::kBFloat16));
  CHECK((precision_named("auto", at::kCPU) == (cpu_favours_bf16() ? at::kBFloat16 : at::kFloat)));
  CHECK_THROWS_AS(precision_named("fp16", at::kCPU), UsageError);
  CHECK_THROWS_AS(precision_named("half", at::kCPU), UsageError);
  CHECK_THROWS_AS(precision_named("", at::kCPU), UsageError);
}

TEST_CASE("bf16 is supported and preferred according to the CPU's flags") {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  bool intel = false;
  while (std::getline(info, line)) {
    if (line.find("GenuineIntel") != std::string::npos) intel = true;
    if (line.rfind("flags", 0) != 0) continue;
    const auto listed = [&](const char* flag) {
      return (line + " ").find(std::string(" ") + flag + " ") != std::string::npos;
    };
    const bool amx = listed("amx_bf16") && listed("avx512f");
    CHECK(cpu_has_bf16() == (listed("avx512_bf16") || amx));
    CHECK(cpu_favours_bf16() == (amx || (listed("avx512_bf16") && !intel)));
    return;
  }
}

TEST_CASE("a precision has the name of its option") {
  for (const char* name : {"fp32", "bf16"}) CHECK(precision_name(precision_named(name, at::kCPU)) == name);
  CHECK(precision_name(at::kHalf) == "fp16");
  CHECK(precision_name(at::kChar) == "int8");
  CHECK_THROWS_AS(precision_name(at::kDouble), std::logic_error);
}
