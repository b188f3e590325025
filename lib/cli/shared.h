// Options that several programs share and no library struct owns.
#pragma once

#include <cstdint>
#include <string>

#include "base/options.h"

namespace sr3::cli {

// Where and how a network runs. What the words mean on this machine is decided on the tensor side, not here.
struct ComputeOptions {
  std::string device = "auto";     // auto|cpu|cuda[:N]
  std::string precision = "auto";  // auto|fp32|bf16|fp16
  int64_t threads = 0;             // 0: all cores (libtorch's own default can be 1)
  void declare(Options& options);
};

// --seed, 0 or more.
void declare_seed(Options& options, uint64_t* seed);

}  // namespace sr3::cli
