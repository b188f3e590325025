// Networks of guided-diffusion ("ADM", Dhariwal & Nichol 2021) and improved-diffusion (Nichol & Dhariwal 2021).
#pragma once

#include <optional>
#include <string>

#include "import/adm_flags.h"
#include "import/layout.h"
#include "store/manifest.h"

namespace sr3 {

constexpr const char* kAdmMarker = "input_blocks.0.0.weight";

// Names and shapes; `legacy`: rows of queries, keys and values in the first order of the two.
Layout adm_layout(const UNetOptions& network, bool legacy);

// The classifiers that guide them: the encoder, the middle and an attention pool. Names and shapes only: no stage is
// one. size: side of their images; flags: num_channels is the width, num_res_blocks the depth.
std::vector<TensorSource> adm_classifier_shapes(const AdmFlags& flags);

// The stage but for its weights and its history. classes as in adm_network.
StageManifest adm_manifest(const AdmFlags& flags, int64_t classes);

// What the tensors tell of the flags: all but heads, order of attention, image sizes (attention is told for
// image_size 2^k by the multipliers that belong to it) and diffusion. Nothing when they are of no such network.
std::optional<AdmFlags> flags_told_by(const NetworkView& net);
// "--num_channels 128 (256 was given)", ...: where the tensors speak against the flags.
std::vector<std::string> contradictions(const AdmFlags& flags, const AdmFlags& told);
// As a command line.
std::string adm_flags_text(const AdmFlags& told);

}  // namespace sr3
