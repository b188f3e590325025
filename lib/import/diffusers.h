// diffusers' UNet2DModel: its config.json and the names of its tensors, and the schedule of a pipeline's
// scheduler_config.json. Architectures that a stage's network does not support are refused with the reason.
#pragma once

#include <string>
#include <vector>

#include "import/config.h"
#include "import/layout.h"
#include "stage/manifest.h"

namespace sr3 {

constexpr const char* kDiffusersMarker = "conv_in.weight";

// A folder that save_pretrained wrote, of a model or of a pipeline, whose model is in unet/.
struct DiffusersFolder {
  std::string config, weights, scheduler;  // paths; scheduler is "" if there is none
};
// Error if the folder lacks a file, or its network makes latents.
DiffusersFolder diffusers_folder(const std::string& path);

struct DiffusersModel {
  UNetOptions network;
  int64_t image_channels = 3, sample_size = 0;  // sample_size 0: not stated
  bool super_resolution = false;                // in_channels is twice the image's: [x, condition]
};
// learned: half of out_channels are the variance, as the scheduler states. DataError for types of blocks and other settings
// that a stage's network does not support.
DiffusersModel diffusers_model(const JsonObject& config, bool learned);

// old_names: the attention's layers are called query, key, value and proj_attn.
Layout diffusers_layout(const UNetOptions& network, bool old_names);

// Schedule, prediction target, variance and default sampling of a stage; an empty config has DDPMScheduler's defaults.
// DataError for what a stage does not support.
struct DiffusersScheduler {
  DiffusionOptions diffusion;
  SamplerOptions sampling;
};
DiffusersScheduler diffusers_scheduler(const JsonObject& config);

}  // namespace sr3
