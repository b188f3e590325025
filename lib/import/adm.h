// Networks of guided-diffusion ("ADM", Dhariwal & Nichol 2021) and improved-diffusion (Nichol & Dhariwal 2021): the
// command-line flags with which they describe a network and its diffusion, as their READMEs print them; the names of the
// network's tensors; the stage; and what the tensors alone tell of the flags (adm_infer.cpp). The flags' defaults are
// guided-diffusion's; improved-diffusion's differ in one thing only (rescale_timesteps is on), which matters only where
// diffusion_steps is not 1000.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "import/layout.h"
#include "nn/unet_options.h"
#include "stage/manifest.h"

namespace sr3 {

constexpr const char* kAdmMarker = "input_blocks.0.0.weight";

struct AdmFlags {
  bool super_resolution = false;  // large_size or small_size was given
  int64_t image_size = 64, large_size = 256, small_size = 64;
  int64_t num_channels = 128, num_res_blocks = 2, num_heads = 4, num_heads_upsample = -1, num_head_channels = -1;
  std::string attention_resolutions = "16,8", channel_mult, noise_schedule = "linear", timestep_respacing;
  double dropout = 0;
  bool class_cond = false, learn_sigma = false, sigma_small = false, predict_xstart = false;
  bool use_scale_shift_norm = true, resblock_updown = false, use_new_attention_order = false;
  bool rescale_timesteps = false, use_ddim = false, clip_denoised = true;
  int64_t diffusion_steps = 1000;
  std::set<std::string> given;

  int64_t size() const { return super_resolution ? large_size : image_size; }
};

// "--image_size 64 --class_cond True ...": also as MODEL_FLAGS="..." DIFFUSION_FLAGS="...". Flags of training and of
// the scripts (batch_size, lr, classifier_scale, ...) are passed over. UsageError names a flag that is neither, a value
// that is none, and what does not go together.
AdmFlags parse_adm_flags(const std::string& text);

// As the projects derive them. UsageError when the projects themselves refuse the size.
std::vector<double> channel_multipliers(const AdmFlags& flags);
std::vector<int64_t> attention_levels(const AdmFlags& flags);

// The network; `classes`: how many label embeddings there are when it is class-conditional. UsageError for what it
// cannot be (nn/unet_options.h).
UNetOptions adm_network(const AdmFlags& flags, int64_t classes);

// Names and shapes; `legacy`: rows of queries, keys and values in the first order of the two.
Layout adm_layout(const UNetOptions& network, bool legacy);

// The classifiers that guide them: the encoder, the middle and an attention pool. Names and shapes only: no stage is
// one. size: side of their images; flags: num_channels is the width, num_res_blocks the depth.
std::vector<TensorSource> adm_classifier_shapes(const AdmFlags& flags);

// The stage but for its weights and its history. classes as in adm_network.
StageManifest adm_manifest(const AdmFlags& flags, int64_t classes);

// What the tensors tell of the flags: all but heads, order of attention, image sizes (attention is told for
// image_size 2^k by the multipliers that belong to it) and diffusion. Nothing when they are of no such network.
std::optional<AdmFlags> infer_adm_flags(const NetworkView& net);
// "--num_channels 128 (256 was given)", ...: where the tensors speak against the flags.
std::vector<std::string> contradictions(const AdmFlags& flags, const AdmFlags& told);
// As a command line.
std::string adm_flags_text(const AdmFlags& told);

}  // namespace sr3
