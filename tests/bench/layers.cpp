// Where the time of one step of a stage goes on this CPU, by kind of layer.
//   bench-layers [STAGE [SIZE [THREADS [ROUNDS]]]]     STAGE: examples/photo-x4-fast.json; SIZE (512): of a square result
// TSV: precision, layers, how many, GFLOP, milliseconds, share of the step, GFLOP/s. Times are the shortest of ROUNDS (7).
// The layers are timed one by one.
// That of GroupNorm and SiLU is the difference between a convolution with them and one without.
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "nn/forward.h"
#include "nn/fused_conv.h"
#include "nn/fused_layers.h"
#include "nn/unet.h"
#include "nn/unet_plan.h"
#include "stage/weights.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

double milliseconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

// Layers that are run in the same order in each round. Their times are by this order.
class TimedLayers : public Layers {
 public:
  TimedLayers(const Plan& plan, const std::vector<FusedConv>& convs, Layers& layers)
      : plan_(plan), convs_(convs), layers_(layers) {}

  void begin_round() { next_ = 0; }

  Maps join(const Maps& h, const Maps& kept) override { return layers_.join(h, kept); }

  Maps resize(Resample to, const Maps& x) override {
    return timed("resampling of a skip", 0, [&] { return layers_.resize(to, x); });
  }

  Maps conv(int number, const Maps& x, Resample before) override {
    return timed_conv(number, x, [&] { return layers_.conv(number, x, before); });
  }

  Maps norm_conv(const NormUse& norm, int conv, const Maps& x) override {
    Maps result = timed_conv(conv, x, [&] { return layers_.norm_conv(norm, conv, x); });
    without_norm(norm, conv, x, {}, 1);
    return result;
  }

  Maps residual_conv(const NormUse& norm, int conv, const Maps& x, const Maps& skip) override {
    Maps result = timed_conv(conv, x, [&] { return layers_.residual_conv(norm, conv, x, skip); });
    if (skip.size() == 1) without_norm(norm, conv, x, skip[0].data, plan_.options.skip_scale);
    return result;
  }

  Maps attend(const AttentionPlan& plan, const Maps& qkv, const Maps& skip) override {
    const double pixels = map_pixels(qkv), channels = plan.channels;
    return timed("attention", 4 * pixels * pixels * channels + 2 * pixels * channels * channels,
                 [&] { return layers_.attend(plan, qkv, skip); });
  }

  Maps stem(const std::function<Maps()>& run, double flops) { return timed(kEnds, flops, run); }

  void print(const char* precision, double whole) const {
    struct Row {
      int count = 0;
      double flops = 0, time = 0;
    };
    std::map<std::string, Row> rows;
    double sum = 0, norms = 0;
    for (const Layer& layer : layers_run_) {
      Row& row = rows[layer.kind];
      const double without = layer.without < kNever ? std::min(layer.without, layer.time) : layer.time;
      row.count += 1, row.flops += layer.flops, row.time += without;
      norms += layer.time - without, sum += layer.time;
    }
    rows["GroupNorm and SiLU"] = {static_cast<int>(plan_.norms.size()), 0, norms};
    rows["the rest"] = {1, 0, whole - sum};
    for (const auto& [kind, row] : rows)
      std::printf("%s\t%s\t%d\t%.2f\t%.2f\t%.1f%%\t%.0f\n", precision, kind.c_str(), row.count, row.flops / 1e9,
                  row.time, 100 * row.time / whole, row.flops / 1e6 / row.time);
    std::printf("%s\tthe step\t1\t\t%.2f\t100%%\t\n", precision, whole);
  }

 private:
  static constexpr double kNever = 1e9;
  static constexpr const char* kEnds = "first and last convolution";

  struct Layer {
    std::string kind;
    double flops = 0, time = kNever, without = kNever;  // without GroupNorm and SiLU, of a layer that has them
  };

  static double map_pixels(const Maps& x) { return static_cast<double>(x[0].data.size(2) * x[0].data.size(3)); }

  template <class Run>
  Maps timed(const std::string& kind, double flops, const Run& run) {
    if (next_ == layers_run_.size()) layers_run_.push_back({kind, flops});
    Layer& layer = layers_run_[next_++];
    Maps result;
    layer.time = std::min(layer.time, milliseconds_of([&] { result = run(); }));
    return result;
  }

  template <class Run>
  Maps timed_conv(int number, const Maps& x, const Run& run) {
    const ConvPlan& c = plan_.convs[number];
    std::string kind = number == plan_.out_conv ? kEnds
                       : c.kernel == 1          ? "1x1 convolutions"
                                                : cat("3x3 convolutions of ", c.out, " channels");
    for (const AttentionPlan& attention : plan_.attentions)
      if (number == attention.qkv) kind = "attention";
    Maps result = timed(kind, 0, run);
    layers_run_[next_ - 1].flops =
        2.0 * map_pixels(result) * static_cast<double>(c.kernel * c.kernel * c.in * c.out) * x[0].data.size(0);
    return result;
  }

  // The same convolution of the same maps as they are.
  void without_norm(const NormUse& norm, int conv, const Maps& x, const at::Tensor& residual, double scale) {
    ConvInput input;
    input.maps = x;
    input.resample = norm.resample;
    double& shortest = layers_run_[next_ - 1].without;
    shortest = std::min(
        shortest, milliseconds_of([&] { convs_[conv](input, residual, scale, /*moments=*/conv != plan_.out_conv); }));
  }

  const Plan& plan_;
  const std::vector<FusedConv>& convs_;
  Layers& layers_;
  std::vector<Layer> layers_run_;
  size_t next_ = 0;
};

void bench(const StageWeights& stage, int64_t size, int rounds, at::ScalarType type) {
  const at::NoGradGuard no_grad;
  const Plan plan(stage.manifest.network);
  const std::vector<ConvNumbers> numbers = conv_numbers(plan, type);
  std::vector<FusedConv> convs;
  for (size_t i = 0; i < plan.convs.size(); ++i) {
    const ConvPlan& c = plan.convs[i];
    convs.emplace_back(c, stage.parameters[c.name + ".weight"],
                       c.bias ? stage.parameters[c.name + ".bias"] : at::Tensor(), numbers[i]);
  }
  std::vector<at::Tensor> projections;
  for (const LinearPlan& p : plan.projections) projections.push_back(at::zeros({1, p.out}, at::kFloat));
  const ConvPlan& stem = plan.convs[plan.stem];
  const int64_t side = std::max<int64_t>(size / plan.multiple(), 1) * plan.multiple() / plan.options.patch;
  ConvInput input;
  input.maps = {{at::randn({1, stem.in, side, side}).contiguous(at::MemoryFormat::ChannelsLast), {}, {}}};

  FusedLayers layers(plan, stage.parameters, convs, projections);
  TimedLayers timed(plan, convs, layers);
  const auto run_stem = [&] { return Maps{convs[plan.stem](input)}; };
  double whole = 1e9;
  for (int i = 0; i < rounds; ++i) {
    whole = std::min(whole, milliseconds_of([&] { run_plan(plan, layers, run_stem()[0]); }));
    timed.begin_round();
    run_plan(plan, timed, timed.stem(run_stem, 2.0 * 9 * stem.in * stem.out * side * side)[0]);
  }
  timed.print(type == at::kChar ? "int8" : "fp32", whole);
}

}  // namespace

int main(int argc, char** argv) {
  const char* source = std::getenv("SOURCE");
  const std::string stage =
      argc > 1 ? argv[1] : std::string(source != nullptr ? source : ".") + "/examples/photo-x4-fast.json";
  const int64_t size = argc > 2 ? std::atoll(argv[2]) : 512;
  at::set_num_threads(argc > 3 ? std::max(1, std::atoi(argv[3]))
                               : static_cast<int>(std::thread::hardware_concurrency()));
  const int rounds = argc > 4 ? std::max(1, std::atoi(argv[4])) : 7;
  if (!FusedConv::supported()) {
    std::puts("this CPU has no kernels of ours");
    return 0;
  }
  try {
    const StageWeights weights = read_stage_weights(stage);
    std::puts("precision\tlayers\tcount\tGFLOP\tms\tshare\tGFLOP/s");
    bench(weights, size, rounds, at::kFloat);
    bench(weights, size, rounds, at::kChar);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench-layers: %s\n", error.what());
    return 1;
  }
  return 0;
}
