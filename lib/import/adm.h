// Networks of guided-diffusion ("ADM", Dhariwal & Nichol 2021) and improved-diffusion (Nichol & Dhariwal 2021): the
// command-line flags that describe a network and its diffusion, as their READMEs print them; the names of the network's
// tensors; the stage; and the flags that can be inferred from the tensors (adm_infer.cpp). The flags' defaults are
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

// Parses "--image_size 64 --class_cond True ...", also in the form MODEL_FLAGS="..." DIFFUSION_FLAGS="...". Flags of
// training and of the scripts (batch_size, lr, classifier_scale, ...) are ignored. UsageError for an unknown flag, a wrong
// value, or flags that contradict each other.
AdmFlags parse_adm_flags(const std::string& text);

// As the projects derive them from the flags. UsageError for a size that the projects do not support.
std::vector<double> channel_multipliers(const AdmFlags& flags);
std::vector<int64_t> attention_levels(const AdmFlags& flags);

// The network. `classes` is the number of label embeddings if it is class-conditional. UsageError if a stage's network
// cannot be like that (nn/unet_options.h).
UNetOptions adm_network(const AdmFlags& flags, int64_t classes);

// Names and shapes. legacy: the rows of queries, keys and values are interleaved by heads (use_new_attention_order False).
Layout adm_layout(const UNetOptions& network, bool legacy);

// Names and shapes of the classifiers that guide these networks: the encoder, the middle and an attention pool. They only
// serve to recognize a classifier, which cannot be a stage. num_channels is the width, num_res_blocks the depth.
std::vector<TensorSource> adm_classifier_shapes(const AdmFlags& flags);

// The stage, without weights and history. classes as in adm_network.
StageManifest adm_manifest(const AdmFlags& flags, int64_t classes);

// Infers the flags from the tensors: all except heads, order of attention, image sizes (attention_resolutions are those of
// the image size to which the multipliers belong) and diffusion. Nothing if the tensors are not of such a network.
std::optional<AdmFlags> infer_adm_flags(const NetworkView& net);
// "--num_channels 128 (here 256)", ...: the inferred flags that contradict the given ones.
std::vector<std::string> contradictions(const AdmFlags& flags, const AdmFlags& inferred);
// The flags as a command line.
std::string adm_flags_text(const AdmFlags& inferred);

}  // namespace sr3
