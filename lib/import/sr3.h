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
  int64_t image_size = 128, low_res = 0;  // low_res 0: not told, or unconditional
  bool conditional = true;
  ScheduleOptions train, val;        // kind "": one that they know and we do not
  bool has_train = false;            // whether the configuration tells train
  std::string train_kind, val_kind;  // theirs
  int64_t batch = 0;
  double learning_rate = 0;
};

// DataError for what is missing, of another type, or of their other network ("ddpm").
Sr3Config read_sr3_config(const JsonObject& json);

UNetOptions sr3_network(const Sr3Config& config);
Layout sr3_layout(const UNetOptions& network);
// The stage but for its weights and history. DataError when a size is missing.
StageManifest sr3_manifest(const Sr3Config& config);

// The checkpoint has its schedule beside the network: takes its betas where the configuration's schedule is one that we
// do not know. DataError when they are of another one than the configuration says.
void check_sr3_schedule(const NetworkView& net, const Sr3Config& config, StageManifest& stage);

// What the tensors tell: all but norm_groups, dropout and sizes (attn_res for image_size 128). Nothing when they are of
// no such network.
std::optional<Sr3Config> infer_sr3_config(const NetworkView& net);
std::vector<std::string> contradictions(const Sr3Config& config, const Sr3Config& told);
std::string sr3_config_text(const Sr3Config& told);

}  // namespace sr3
