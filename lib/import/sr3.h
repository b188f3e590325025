// Networks of Janspiry's Image-Super-Resolution-via-Iterative-Refinement, the SR3 that most people have: its
// configuration (JSON with "//" comments), the names of its tensors, the stage.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "import/config.h"
#include "import/layout.h"
#include "stage/manifest.h"

namespace sr3 {

constexpr const char* kSr3Marker = "downs.0.weight";

struct Sr3Config {
  int64_t in_channel = 6, out_channel = 3, inner_channel = 64, norm_groups = 32, res_blocks = 2;
  std::vector<int64_t> channel_multiplier = {1, 2, 4, 8, 8}, attn_res = {16};
  double dropout = 0;
  int64_t image_size = 128, low_res = 0;  // low_res 0: not stated, or unconditional
  bool conditional = true;
  ScheduleOptions train, val;        // kind "" if we do not support theirs
  bool has_train = false;            // whether the configuration has the training schedule
  std::string train_kind, val_kind;  // their names of the schedules
  int64_t batch = 0;
  double learning_rate = 0;
};

// DataError if a key is missing or of another type, or the configuration is of their other network ("ddpm").
Sr3Config read_sr3_config(const JsonObject& json);

UNetOptions sr3_network(const Sr3Config& config);
Layout sr3_layout(const UNetOptions& network);
// The stage, without weights and history.
StageManifest sr3_manifest(const Sr3Config& config);

// Compares the configuration's schedule with the betas that the checkpoint contains; if the schedule is one that we do not
// support, the stage gets these betas. DataError if they differ, or are missing and needed.
void check_sr3_schedule(const NetworkView& net, const Sr3Config& config, StageManifest& stage);

// Infers the configuration from the tensors: all except norm_groups, dropout and sizes (attn_res is for image_size 128).
// Nothing if they are not of such a network.
std::optional<Sr3Config> infer_sr3_config(const NetworkView& net);
std::vector<std::string> contradictions(const Sr3Config& config, const Sr3Config& inferred);
std::string sr3_config_text(const Sr3Config& inferred);

}  // namespace sr3
