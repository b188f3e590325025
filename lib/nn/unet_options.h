// The options of the U-Net. By them it is SR3's (BigGAN blocks, 1/sqrt 2 skips, noise level), that of ADM and
// improved-diffusion, Janspiry's, or a small one with `patch`. stage-manifest(5), "network", documents each field.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sr3 {

struct LevelEmbedding {
  // How the network is conditioned on the noise level: "timestep" (0-based index, ADM), "sqrt-alpha-bar" (Janspiry), "alpha-bar"
  // (SR3's gamma), "log-snr" (log(alpha_bar / (1 - alpha_bar)) / 2, clamped to [-10,10]), "none" (regression)
  std::string input = "log-snr";
  double scale = 1;               // multiplies the input: 1000/T_orig, 5000 (WaveGrad), ...
  std::string order = "cos-sin";  // cos-sin (ADM) | sin-cos (Janspiry)
  double frequency_shift = 0;     // exponent divides by (half - shift), diffusers
  int64_t width = 0;              // of the sinusoid; 0: `channels`
  int64_t hidden = 0;             // of the MLP; 0: 4 * channels
  int64_t out = 0;                // of the MLP; 0: hidden (Janspiry: channels)
  bool activate = true;           // SiLU before each block's projection (ADM yes, Janspiry no)
};

struct UNetOptions {
  int64_t in_channels = 3;                   // of x_t
  int64_t condition_channels = 0;            // of the upsampled low_res, concatenated; 0: none
  std::string concat_order = "x-condition";  // x-condition (ADM) | condition-x (Janspiry)
  int64_t out_channels = 3;                  // twice in_channels with learned variance
  int64_t patch = 1;  // space to depth before the first convolution, depth to space after the last
  int64_t channels = 64;
  std::vector<double> multipliers = {1, 2, 4};
  std::vector<int64_t> blocks = {2, 2, 2};  // residual blocks per level (the decoder has one more each)
  std::vector<int64_t> attention = {};      // levels (0 = outermost) with attention after each block
  bool middle_attention = true;
  int64_t heads = 1;  // when head_channels is 0
  int64_t head_channels = 0;
  bool attention_bias = true;  // of the qkv projection
  int64_t groups = 32;         // of GroupNorm; at most the channels, which it must divide
  double norm_eps = 1e-5;
  bool scale_shift = true;        // h = norm(h) * (1 + scale) + shift; else h + emb before the norm
  std::string resample = "conv";  // conv: stride-2 / nearest + 3x3 convolutions | conv-same: padded at right and bottom
                                  // only before the stride (DDPM) | block: up/down residual blocks (BigGAN, ADM)
  double skip_scale = 1;          // residual sums are multiplied by it: 1/sqrt 2 in SR3
  double dropout = 0;
  int64_t classes = 0;              // 0: none. A label of -1 at run time is "no class" (guidance): a zero embedding
  bool augmentation_level = false;  // a second level embedding (conditioning augmentation), added to the first
  LevelEmbedding level;
};

// Throws an Error that names the field when no network can have these options.
void validate(const UNetOptions& options);

}  // namespace sr3
