#include "train/training_plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/relative.h"
#include "parallel/process_group.h"
#include "stage/presets.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

Environment environment(const std::map<std::string, std::string>& values) {
  return [values](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

std::string value_of(const TrainingPlan& plan, const std::string& name) {
  for (const PlanRow& row : plan_rows(plan))
    if (row.name == name) return row.value;
  return "none";
}

}  // namespace

TEST_CASE("the sets of gradients are those that the sum over the tree holds at once") {
  for (int64_t parts = 1; parts <= 40; ++parts) {
    int64_t held = 0, most = 0;
    tree_sum(0, parts, [&](int64_t) -> std::vector<at::Tensor> {
      most = std::max(most, ++held);
      auto* number = new float(1);
      return {at::from_blob(
          number, {1},
          [&held](void* at) {
            delete static_cast<float*>(at);
            --held;
          },
          at::TensorOptions(at::kFloat))};
    });
    CAPTURE(parts);
    CHECK(gradient_sets(parts) == most);
  }
}

TEST_CASE("a plan counts what a process of a training holds") {
  StageManifest stage = preset_named("tiny").manifest;
  TrainerOptions options;
  options.steps = 1000, options.batch = 8;
  options.threads = 1;
  options.precision = "fp32", options.device = "cpu";
  const TrainingPlan alone = plan_training(stage, options);
  CHECK(alone.weights_bytes == 4 * alone.weights);
  CHECK(alone.gradients_bytes == alone.weights_bytes);
  CHECK(alone.adam_bytes == 2 * alone.weights_bytes);
  CHECK(alone.ema_bytes == alone.weights_bytes);
  CHECK(alone.state_bytes == 4 * alone.weights_bytes);
  CHECK(alone.total_bytes() == 5 * alone.weights_bytes + alone.activations_bytes);
  CHECK(alone.step_seconds > 0);
  CHECK(alone.training_seconds() == 1000 * alone.step_seconds);
  CHECK(value_of(alone, "weights") == std::to_string(alone.weights));
  CHECK(value_of(alone, "total_bytes") == std::to_string(alone.total_bytes()));
  CHECK(plan_text(alone).starts_with("name\tvalue\tmeaning\nsteps\t1000\tof the whole training\nbatch\t8\t"));

  options.accumulate = 8;
  const TrainingPlan parts = plan_training(stage, options);
  CHECK(static_cast<double>(8 * parts.activations_bytes) ==
        relative(static_cast<double>(alone.activations_bytes), 0.02));  // with copies of a few weights
  CHECK(parts.step_flops == alone.step_flops);
  CHECK(parts.gradients_bytes == 4 * alone.weights_bytes);
  const TrainingPlan shared = plan_training(stage, options, 4);
  CHECK(shared.processes == 4);
  CHECK(shared.gradients_bytes == 2 * alone.weights_bytes);
  CHECK_THROWS_WITH_AS(plan_training(stage, options, 3), doctest::Contains("3 processes cannot share"), UsageError);

  const std::string text = plans_text({{1, alone}, {3, parts}});
  CHECK(text.starts_with("stage\tsteps\tbatch\tprocesses\tweights\t"));
  CHECK(text.find("\n3\t1000\t8\t1\t") != std::string::npos);
}

TEST_CASE("of the processes that are planned for only the number need be said") {
  CHECK(planned_launch(environment({})).size == 1);
  CHECK(planned_launch(environment({{"WORLD_SIZE", "8"}})).size == 8);
  CHECK(planned_launch(environment({{"WORLD_SIZE", "8"}})).rank == 0);
  CHECK(planned_launch(environment({{"WORLD_SIZE", "8"}, {"RANK", "3"}})).rank == 3);
  CHECK_THROWS_AS(planned_launch(environment({{"WORLD_SIZE", "many"}})), UsageError);
}
