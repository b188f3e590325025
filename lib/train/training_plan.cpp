#include "train/training_plan.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/progress.h"
#include "nn/precision.h"
#include "nn/training_cost.h"
#include "nn/unet.h"
#include "tensor/device.h"
#include "train/measured_speed.h"

namespace sr3 {

namespace {

int64_t weights_of(const UNetOptions& network) {
  int64_t sum = 0;
  for (const auto& [name, shape] : parameter_shapes(network)) {
    int64_t numbers = 1;
    for (const int64_t side : shape) numbers *= side;
    sum += numbers;
  }
  return sum;
}

// A number with a unit of three digits: "2.54 GB".
std::string with_unit(double value, const std::string& unit) {
  constexpr const char* kPrefixes[] = {"", "k", "M", "G", "T", "P", "E", "Z"};
  size_t prefix = 0;
  for (; value >= 999.5 && prefix + 1 < std::size(kPrefixes); ++prefix) value /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, value >= 99.95 ? "%.0f" : value >= 9.995 ? "%.1f" : "%.2f", value);
  return cat(text, " ", kPrefixes[prefix], unit);
}

std::string days_or_less(double seconds) {
  constexpr double kDay = 86400;
  if (seconds < 2 * kDay) return seconds < 1 ? with_unit(1000 * seconds, "ms") : Meter::duration(seconds);
  char text[32];
  std::snprintf(text, sizeof text, "%.1f days", seconds / kDay);
  return text;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

}  // namespace

int64_t gradient_sets(int64_t parts) {
  return parts == 1 ? 1 : std::max(gradient_sets((parts + 1) / 2), 1 + gradient_sets(parts / 2));
}

TrainingPlan plan_training(const StageManifest& stage, const TrainerOptions& options, int64_t processes) {
  require_fitting(processes, options.accumulate);
  use_threads(options.threads);
  const at::Device device = open_device(options.device);
  TrainingPass pass;
  pass.compute = precision_named(options.precision, device);
  pass.on_gpu = !device.is_cpu();
  pass.images = (options.batch + options.accumulate - 1) / options.accumulate;
  pass.height = pass.width = stage.image.high_res;
  pass.checkpoint = options.checkpoint_activations;

  TrainingPlan plan;
  plan.steps = options.steps, plan.batch = options.batch, plan.part = pass.images;
  plan.processes = processes;
  plan.threads = at::get_num_threads();
  plan.precision = precision_name(pass.compute), plan.device = device.str();
  plan.weights = weights_of(stage.network);
  const int64_t share = options.accumulate / plan.processes;
  plan.weights_bytes = 4 * plan.weights;
  plan.gradients_bytes = gradient_sets(share) * plan.weights_bytes;
  const int64_t shards = options.shard_optimizer ? processes : 1;
  const int64_t share_bytes = 4 * ((plan.weights + shards - 1) / shards);
  const auto averages = static_cast<int64_t>(1 + options.more_ema.size());
  plan.ema_bytes = averages * share_bytes;
  plan.adam_bytes = 2 * share_bytes;
  plan.state_bytes = (3 + averages) * plan.weights_bytes;

  const TrainingCost cost = training_cost(stage.network, pass);
  plan.activations_bytes = cost.kept + cost.recomputed + cost.working;
  const double parts = static_cast<double>(options.batch) / static_cast<double>(pass.images);
  plan.step_flops = cost.all_flops() * parts;
  const std::vector<double> rates = seconds_per_flop(stage.network, pass, device);
  for (size_t level = 0; level < rates.size(); ++level)
    plan.step_seconds += cost.flops[level] * rates[level] * parts / static_cast<double>(plan.processes);
  plan.step_seconds += update_seconds_per_weight(plan.weights, device) * static_cast<double>(plan.weights);
  return plan;
}

Launch planned_launch(const Environment& environment) {
  return recognise_launch([&](const std::string& name) -> std::optional<std::string> {
    if (const auto value = environment(name)) return value;
    if (!environment("WORLD_SIZE")) return std::nullopt;
    if (name == "RANK") return "0";
    if (name == "MASTER_ADDR") return "localhost";
    if (name == "MASTER_PORT") return "1";
    return std::nullopt;
  });
}

std::vector<PlanRow> plan_rows(const TrainingPlan& plan) {
  const auto bytes = [](const char* name, int64_t value, const std::string& text) {
    return PlanRow{name, std::to_string(value), cat(with_unit(static_cast<double>(value), "B"), text)};
  };
  return {
      {"steps", std::to_string(plan.steps), "of the whole training"},
      {"batch", std::to_string(plan.batch),
       plan.part < plan.batch ? cat("examples of a step, at most ", plan.part, " at once") : "examples of a step"},
      {"processes", std::to_string(plan.processes),
       cat(plan.threads, plan.threads == 1 ? " thread" : " threads", " in each, ", plan.precision, " on ",
           plan.device)},
      {"weights", std::to_string(plan.weights), "of the network"},
      bytes("weights_bytes", plan.weights_bytes, ""),
      bytes("gradients_bytes", plan.gradients_bytes,
            plan.gradients_bytes > plan.weights_bytes
                ? cat(", ", plan.gradients_bytes / plan.weights_bytes, " sets, whose sum is formed")
                : ""),
      bytes("adam_bytes", plan.adam_bytes, ", both moments"),
      bytes("ema_bytes", plan.ema_bytes, ", the average of the weights"),
      bytes("activations_bytes", plan.activations_bytes,
            cat(", of ", plan.part, plan.part == 1 ? " example" : " examples")),
      bytes("total_bytes", plan.total_bytes(), ", in each process"),
      bytes("state_bytes", plan.state_bytes, ", of the state on disk"),
      {"step_flops", number(plan.step_flops), with_unit(plan.step_flops, "FLOP")},
      {"step_seconds", number(plan.step_seconds), cat(days_or_less(plan.step_seconds), ", estimated")},
      {"training_seconds", number(plan.training_seconds()), cat(days_or_less(plan.training_seconds()), ", estimated")},
  };
}

std::string plan_text(const TrainingPlan& plan) {
  std::string text = "name\tvalue\tmeaning\n";
  for (const PlanRow& row : plan_rows(plan)) text += cat(row.name, "\t", row.value, "\t", row.text, "\n");
  return text;
}

std::string plans_text(const std::vector<std::pair<int64_t, TrainingPlan>>& plans) {
  std::string text = "stage";
  for (const PlanRow& row : plan_rows({})) text += "\t" + row.name;
  for (const auto& [stage, plan] : plans) {
    text += cat("\n", stage);
    for (const PlanRow& row : plan_rows(plan)) text += "\t" + row.value;
  }
  return text + "\n";
}

}  // namespace sr3
