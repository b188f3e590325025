// The speed of the network relative to that of a single convolution of libtorch, for the 98M-parameter 16->128 network of
// Janspiry's SR3 and for a small one. They are measured alternately in the same run, so that other work on the machine affects
// both equally.
//   bench-unet [ROUNDS [NETWORK [THREADS [PASS]]]]     NETWORK: 16-128|small|all; PASS: inference|training|all
// TSV: network, pass, precision, GFLOP, seconds, GFLOP/s, the convolution's GFLOP/s, ratio. Times are the shortest of
// ROUNDS (10), which are the least disturbed. With one thread they are processor time. The convolution is the faster one of the
// layouts channels_last and contiguous, of bf16 if the network is, else of fp32.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "nn/fused_conv.h"
#include "nn/precision.h"
#include "nn/unet.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

UNetOptions janspiry_16_128() {
  UNetOptions o;
  o.condition_channels = 3;
  o.concat_order = "condition-x";
  o.channels = 64;
  o.multipliers = {1, 2, 4, 8, 8};
  o.blocks = {2, 2, 2, 2, 2};
  o.attention = {3};
  o.attention_bias = false;
  o.scale_shift = false;
  o.level.input = "sqrt-alpha-bar";
  o.level.order = "sin-cos";
  o.level.out = 64;
  o.level.activate = false;
  return o;
}

UNetOptions small_patch_2() {
  UNetOptions o;
  o.condition_channels = 3;
  o.patch = 2;
  o.channels = 64;
  o.multipliers = {1, 2, 3};
  o.blocks = {2, 2, 2};
  o.middle_attention = false;
  return o;
}

double now() {
  if (at::get_num_threads() == 1) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double seconds_of(const std::function<void()>& work) {
  const double begin = now();
  work();
  return now() - begin;
}

// A 3x3 convolution of 256 channels on 4 maps of 32x32: its GFLOP, and a function that runs it.
std::pair<double, std::function<void()>> bare_convolution(at::ScalarType type, at::MemoryFormat layout) {
  const at::Tensor x = at::randn({4, 256, 32, 32}).to(type).contiguous(layout);
  const at::Tensor w = at::randn({256, 256, 3, 3}).to(type).contiguous(layout);
  constexpr int kTimes = 8;
  return {kTimes * 2.0 * 9 * 256 * 256 * 4 * 1024 / 1e9, [=] {
            const at::NoGradGuard no_grad;
            for (int i = 0; i < kTimes; ++i) at::conv2d(x, w, {}, 1, 1);
          }};
}

void report(const std::string& network, const char* pass, at::ScalarType type, double gflop,
            const std::function<void()>& work, int rounds) {
  const auto bare_type = type == at::kBFloat16 ? type : at::kFloat;
  const auto [bare_gflop, bare] = bare_convolution(bare_type, at::MemoryFormat::ChannelsLast);
  const auto other = bare_convolution(bare_type, at::MemoryFormat::Contiguous).second;
  bare();
  other();
  work();
  work();
  double seconds = 1e9, bare_seconds = 1e9;
  for (int i = 0; i < rounds; ++i) {
    bare_seconds = std::min({bare_seconds, seconds_of(bare), seconds_of(other)});
    seconds = std::min(seconds, seconds_of(work));
  }
  const double speed = gflop / seconds, peak = bare_gflop / bare_seconds;
  std::printf("%s\t%s\t%s\t%.1f\t%.4f\t%.0f\t%.0f\t%.3f\n", network.c_str(), pass,
              type == at::kFloat  ? "fp32"
              : type == at::kChar ? "int8"
                                  : "bf16",
              gflop, seconds, speed, peak, speed / peak);
  std::fflush(stdout);
}

void bench(const std::string& name, const UNetOptions& options, int64_t size, int64_t batch, int64_t training_batch,
           const std::string& pass, int rounds) {
  Parameters parameters = initial_parameters(options, 1);
  std::vector<at::ScalarType> types = {at::kFloat};
  if (cpu_has_bf16()) types.push_back(at::kBFloat16);
  const double gflop = forward_flops(options, size, size) / 1e9;
  std::vector<at::ScalarType> inference = types;
  if (FusedConv::supported()) inference.push_back(at::kChar);
  if (pass == "training") inference.clear();
  for (const auto type : inference) {
    const at::Tensor x = at::randn({batch, 3, size, size});
    UNetRunner run(options, parameters, at::kCPU, type);
    run.set_levels({0.5});
    const auto prepared = run.prepare(x, {}, {});
    report(
        name, "inference", type, gflop * batch, [&] { run(*prepared, x, 0); }, rounds);
  }
  if (pass == "inference") return;
  std::vector<at::Tensor> leaves;
  for (const auto& [key, value] : parameters.all()) leaves.push_back(value.requires_grad_());
  for (const auto type : types) {
    UNetInput in;
    in.x = at::randn({training_batch, 3, size, size});
    in.condition = in.x;
    in.level = at::full({training_batch}, 0.5, at::kFloat);
    report(
        name, "training", type, 3 * gflop * training_batch,
        [&] {
          const at::Tensor loss = (unet_forward(options, parameters, in, type, true, 1) - in.x).abs().mean();
          torch::autograd::grad({loss}, leaves);
        },
        rounds);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 10;
  const std::string only = argc > 2 ? argv[2] : "all", pass = argc > 4 ? argv[4] : "all";
  const int all = static_cast<int>(std::thread::hardware_concurrency());
  at::set_num_threads(argc > 3 ? std::max(1, std::atoi(argv[3])) : all);
  int64_t count = 0;
  for (const auto& [name, shape] : parameter_shapes(janspiry_16_128())) {
    int64_t n = 1;
    for (const int64_t d : shape) n *= d;
    count += n;
  }
  if (count != 97807491) {
    std::fprintf(stderr, "bench-unet: the network has %lld parameters, not 97807491\n", static_cast<long long>(count));
    return 1;
  }
  std::printf("network\tpass\tprecision\tgflop\tseconds\tgflop/s\tconvolution\tratio\n");
  if (only == "all" || only == "16-128") bench("16-128", janspiry_16_128(), 128, 1, 2, pass, rounds);
  if (only == "all" || only == "small") bench("small", small_patch_2(), 64, 1, 16, pass, rounds);
  return 0;
}
