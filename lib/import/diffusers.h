// diffusers' UNet2DModel: its config.json and the names of its tensors, and the schedule of a pipeline's
// scheduler_config.json. What a stage's network cannot be is refused with the reason.
#pragma once

#include <string>
#include <vector>

#include "import/config.h"
#include "import/layout.h"
#include "stage/manifest.h"

namespace sr3 {

constexpr const char* kDiffusersMarker = "conv_in.weight";

// A folder of save_pretrained's: a model's, or a pipeline's, whose model is in unet/.
struct DiffusersFolder {
  std::string config, weights, scheduler;  // paths; scheduler "": there is none
};
// Error says what is missing.
DiffusersFolder diffusers_folder(const std::string& path);

struct DiffusersModel {
  UNetOptions network;
  int64_t image_channels = 3, sample_size = 0;  // sample_size 0: not told
  bool super_resolution = false;                // in_channels is twice the image's: [x, condition]
};
// learned: half of out_channels are the variance (the scheduler says so). DataError for types of blocks and the like
// that the network here has not.
DiffusersModel diffusers_model(const JsonObject& config, bool learned);

// `old_names`: query, key, value, proj_attn.
Layout diffusers_layout(const UNetOptions& network, bool old_names);

// Schedule, prediction, variance and default sampling of a stage; without a scheduler DDPMScheduler's defaults.
// DataError for what a stage cannot do.
struct DiffusersScheduler {
  DiffusionOptions diffusion;
  SamplerOptions sampling;
};
DiffusersScheduler diffusers_scheduler(const JsonObject& config);

}  // namespace sr3
