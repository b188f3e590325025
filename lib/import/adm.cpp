#include "import/adm.h"

#include <map>

#include "base/error.h"

namespace sr3 {
namespace {

const std::map<std::string, std::string> kLayers = {
    {"norm1", "in_layers.0"},   {"conv1", "in_layers.2"},  {"embed", "emb_layers.1"},
    {"norm2", "out_layers.0"},  {"conv2", "out_layers.3"}, {"skip", "skip_connection"},
    {"attention.norm", "norm"}, {"attention.qkv", "qkv"},  {"attention.out", "proj_out"}};

// "input_blocks.4.0.": where the layers of a place are.
std::string module_of(const Place& p) {
  const bool attention = p.layer.starts_with("attention.");
  if (p.part == "down") return cat("input_blocks.", p.number, attention ? ".1." : ".0.");
  if (p.part == "middle") return cat("middle_block.", p.number == 0 ? (attention ? 1 : 0) : 2, ".");
  // A resampling is the last module of the block before it.
  if (p.resample) return cat("output_blocks.", p.block - 1, p.attends ? ".2." : ".1.");
  return cat("output_blocks.", p.block, attention ? ".1." : ".0.");
}

std::string name_of(const Place& p) {
  if (p.part == "time") return cat("time_embed.", p.number, ".", p.leaf);
  if (p.part == "classes") return "label_emb.weight";
  if (p.part == "out") return cat("out.", p.layer == "norm" ? 0 : 2, ".", p.leaf);
  std::string module = module_of(p);
  if (p.layer != "conv") return cat(module, kLayers.at(p.layer), ".", p.leaf);
  if (!p.resample) return module + p.leaf;  // the first convolution
  return cat(module, p.part == "down" ? "op." : "conv.", p.leaf);
}

}  // namespace

Layout adm_layout(const UNetOptions& network, bool legacy) {
  return layout_of(network, [&](const Place& p) {
    ImportedTensor tensor;
    std::vector<int64_t> shape = p.shape;
    const bool projection = p.is_qkv() || p.layer == "attention.out";
    if (projection && p.leaf == "weight") shape.pop_back();  // 1-D convolutions
    tensor.sources = {{name_of(p), shape}};
    if (p.is_qkv() && legacy)
      tensor.legacy_heads = network.head_channels > 0 ? p.shape[0] / 3 / network.head_channels : network.heads;
    return tensor;
  });
}

std::vector<TensorSource> adm_classifier_shapes(const AdmFlags& flags) {
  const UNetOptions network = adm_network(flags, 0);
  std::vector<TensorSource> shapes;
  for (const TensorSource& source : adm_layout(network, false).sources())
    if (!source.name.starts_with("output_blocks.") && !source.name.starts_with("out.")) shapes.push_back(source);
  const auto c = static_cast<int64_t>(network.multipliers.back() * static_cast<double>(network.channels));
  const int64_t side = flags.size() >> (network.multipliers.size() - 1), labels = 1000;
  shapes.insert(shapes.end(), {{"out.0.weight", {c}},
                               {"out.0.bias", {c}},
                               {"out.2.positional_embedding", {c, side * side + 1}},
                               {"out.2.qkv_proj.weight", {3 * c, c, 1}},
                               {"out.2.qkv_proj.bias", {3 * c}},
                               {"out.2.c_proj.weight", {labels, c, 1}},
                               {"out.2.c_proj.bias", {labels}}});
  return shapes;
}

StageManifest adm_manifest(const AdmFlags& flags, int64_t classes) {
  StageManifest m;
  m.kind = flags.super_resolution ? "super-resolution" : "base";
  m.image.high_res = flags.size();
  m.image.low_res = flags.super_resolution ? flags.small_size : 0;
  m.network = adm_network(flags, classes);
  const auto steps = static_cast<double>(flags.diffusion_steps);
  m.diffusion.schedule.kind = flags.noise_schedule;
  m.diffusion.schedule.steps = flags.diffusion_steps;
  if (flags.noise_schedule == "linear") {
    m.diffusion.schedule.beta_start = 1000 / steps * 1e-4;
    m.diffusion.schedule.beta_end = 1000 / steps * 0.02;
    if (!(m.diffusion.schedule.beta_end < 1))
      throw UsageError(
          cat("--flags: --diffusion_steps ", flags.diffusion_steps, " leaves no linear schedule: more than 20"));
  }
  m.diffusion.predict = flags.predict_xstart ? "x0" : "eps";
  m.diffusion.variance = flags.learn_sigma ? "learned" : flags.sigma_small ? "posterior" : "beta";
  m.diffusion.level_draw = "discrete";
  m.diffusion.loss = "l2";
  m.sampling.sampler = flags.use_ddim ? "ddim" : "ddpm";
  m.sampling.steps =
      flags.timestep_respacing.empty() ? std::to_string(flags.diffusion_steps) : flags.timestep_respacing;
  m.sampling.variance = m.diffusion.variance;
  m.sampling.clip = flags.clip_denoised;
  // The mean of squares of pixels, in floats; the network itself enlarges it, bilinear without antialiasing.
  m.low_res.recipe.kernel = "box";
  m.low_res.recipe.convention = "float";
  m.low_res.upsample = "bilinear";
  return m;
}

}  // namespace sr3
