#include "train/measured_speed.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

#include "nn/unet.h"
#include "tensor/aten.h"
#include "train/optimizer.h"

namespace sr3 {

namespace {

constexpr double kMostFlops = 2e10;  // of one measured pass: half a second of a slow CPU
constexpr double kLong = 1.5;        // seconds
constexpr double kEnough = 0.7;      // seconds of measuring, after which the shortest pass counts

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The shortest time, without the first pass, which waits for memory and threads, unless that is long already.
double shortest_of(const std::function<void()>& work) {
  const double first = seconds_of(work);
  if (first > kLong) return first;
  double shortest = seconds_of(work);
  for (double all = shortest; all < kEnough;) {
    const double again = seconds_of(work);
    shortest = std::min(shortest, again);
    all += again;
  }
  return shortest;
}

// One level of a network as a network of its own.
UNetOptions level_alone(const UNetOptions& options, size_t level) {
  UNetOptions alone = options;
  const LevelEmbedding& embedding = options.level;
  alone.channels = std::llround(static_cast<double>(options.channels) * options.multipliers[level]);
  alone.multipliers = {1};
  alone.blocks = {1};
  const bool attends = std::count(options.attention.begin(), options.attention.end(), static_cast<int64_t>(level)) > 0;
  alone.attention = attends ? std::vector<int64_t>{0} : std::vector<int64_t>{};
  alone.middle_attention = attends;
  alone.in_channels = alone.out_channels = 3;
  alone.condition_channels = 0;
  alone.patch = 1;
  alone.classes = 0;
  alone.augmentation_level = false;
  if (embedding.width == 0) alone.level.width = options.channels;
  if (embedding.hidden == 0) alone.level.hidden = 4 * options.channels;
  return alone;
}

// As many examples and pixels of a level's maps as are measured.
TrainingPass measured_part(const UNetOptions& alone, TrainingPass pass) {
  const auto flops = [&] { return training_cost(alone, pass).all_flops(); };
  const int64_t images = pass.images;
  pass.images = 1;
  while (flops() > kMostFlops && pass.height * pass.width > 16)
    (pass.height >= pass.width ? pass.height : pass.width) /= 2;
  pass.images = std::clamp<int64_t>(static_cast<int64_t>(kMostFlops / flops()), 1, images);
  return pass;
}

double measured_rate(const UNetOptions& alone, const TrainingPass& pass, at::Device device) {
  Parameters parameters;
  for (const auto& [name, shape] : parameter_shapes(alone))
    parameters.add(name, at::full(shape, 0.01, at::TensorOptions(at::kFloat).device(device)).requires_grad_(true));
  UNetInput input;
  input.x = at::ones({pass.images, 3, pass.height, pass.width}, at::TensorOptions(at::kFloat).device(device));
  if (alone.level.input != "none") input.level = at::ones({pass.images}, input.x.options());
  const double seconds = shortest_of([&] {
    for (const auto& [name, value] : parameters.all()) value.mutable_grad() = at::Tensor();
    unet_forward(alone, parameters, input, pass.compute, /*train=*/true, /*dropout_seed=*/0, pass.checkpoint)
        .mean()
        .backward();
    parameters.all()[0].second.grad().sum().item<float>();  // a GPU is done
  });
  return seconds / training_cost(alone, pass).all_flops();
}

}  // namespace

std::vector<double> seconds_per_flop(const UNetOptions& options, const TrainingPass& pass, at::Device device) {
  std::vector<double> rates;
  for (size_t level = 0; level < options.multipliers.size(); ++level) {
    const UNetOptions alone = level_alone(options, level);
    TrainingPass maps = pass;
    const int64_t reduction = options.patch << level;
    maps.height = std::max<int64_t>(1, pass.height / reduction);
    maps.width = std::max<int64_t>(1, pass.width / reduction);
    rates.push_back(measured_rate(alone, measured_part(alone, maps), device));
  }
  return rates;
}

double update_seconds_per_weight(int64_t weights, at::Device device) {
  const int64_t some = std::min<int64_t>(weights, 1 << 22);
  const at::Tensor values = at::zeros({some}, at::TensorOptions(at::kFloat).device(device)).requires_grad_(true);
  Adam adam({values}, {});
  const double seconds = shortest_of([&] {
    values.mutable_grad() = at::full({some}, 0.01, values.options());
    adam.gradient_norm();
    adam.step(1, 1e-4, 1, 0.999);
    adam.ema()[0][0].item<float>();
  });
  return seconds / static_cast<double>(some);
}

}  // namespace sr3
