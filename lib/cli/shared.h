// Options that several programs share and no library struct owns.
#pragma once

#include <cstdint>
#include <exception>
#include <string>

#include "base/options.h"

namespace sr3::cli {

// --device: auto, cpu, cuda or cuda:N. Whether this machine has the device is for open_device (tensor/device.h) to say.
void declare_device(Options& options, std::string* device);

// --threads: 0 for one on each core, up to 4096.
void declare_threads(Options& options, int64_t* threads);

// Prints an Error among several, of which the program ends with another.
void print_error(const std::exception_ptr& failure);

// --seed: any of 64 bits.
void declare_seed(Options& options, uint64_t* seed);

// Where and how a network runs.
struct ComputeOptions {
  std::string device = "auto";     // auto|cpu|cuda[:N]
  std::string precision = "auto";  // auto|fp32|bf16|fp16|int8; precision_named (nn/precision.h) chooses for auto
  int64_t threads = 0;             // 0: one on each core (libtorch's own default can be 1)
  // int8 is for inference.
  void declare(Options& options, bool training = false);
};

}  // namespace sr3::cli
