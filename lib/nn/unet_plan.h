// The architecture: UNetOptions expanded to a list of steps with numbered layers. Shapes, initial values, training, inference
// and the count of operations all read this plan; no other code constructs the U-Net.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "nn/unet_options.h"

namespace sr3 {

// The initial values of a parameter: U(-1/sqrt(fan_in), 1/sqrt(fan_in)) (torch's default), 0, 1, or N(0, 1).
enum class Init { kUniform, kZero, kOne, kNormal };

struct ParameterPlan {
  std::string name;
  std::vector<int64_t> shape;
  Init init = Init::kUniform;
  int64_t fan_in = 1;
};

// A convolution with a square kernel and padding kernel / 2. With `same`, which is for kernel 3 and stride 2, it pads by 1 at
// the right and bottom only, as TensorFlow pads even sizes.
struct ConvPlan {
  std::string name;  // "<name>.weight" is (out, in, kernel, kernel), "<name>.bias" (out)
  int64_t in = 0, out = 0, kernel = 3, stride = 1;
  bool bias = true;
  int64_t level = 0;  // its output is 2^level times smaller than the first convolution's
  bool same = false;
};

struct NormPlan {
  std::string name;
  int64_t channels = 0;
};

// Layers are given by their index in the Plan's lists; -1: no such layer.
struct AttentionPlan {
  int norm = -1, qkv = -1, out = -1;
  int64_t heads = 1, channels = 0, level = 0;
};

enum class Resample { kNone, kDown, kUp };

struct BlockPlan {
  int norm1 = -1, conv1 = -1, projection = -1, norm2 = -1, conv2 = -1, skip = -1;
  int number = 0;  // its index in the Plan, which selects its dropout mask
  Resample resample = Resample::kNone;
  int attention = -1;
};

struct LinearPlan {
  std::string name;
  int64_t in = 0, out = 0;
};

// A block, or a single resampling convolution. `join`: first concatenate the map that was kept last and remove it from the
// kept ones; `keep`: keep the output for the decoder.
struct Step {
  bool join = false, keep = false;
  int block = -1, conv = -1;
  Resample resample = Resample::kNone;  // of the single convolution; kUp: nearest-neighbour x 2 before it
};

struct Plan {
  explicit Plan(const UNetOptions& options);  // throws Error for invalid options

  UNetOptions options;
  int64_t embedding = 0;            // width of the embedding that conditions the blocks; 0: there is none
  int64_t sinusoid = 0;             // width of the sinusoidal encoding of a level
  bool has_level_embedding = true;  // level.input is not "none"
  int stem = -1, out_norm = -1, out_conv = -1;
  std::vector<Step> steps;  // after the stem, whose output is kept for the decoder too
  std::vector<ConvPlan> convs;
  std::vector<NormPlan> norms;
  std::vector<LinearPlan> projections;  // of the embedding, one for each block
  std::vector<BlockPlan> blocks;
  std::vector<AttentionPlan> attentions;
  std::vector<ParameterPlan> parameters;

  int64_t multiple() const;  // to which H and W of an image are padded
  // The floating-point operations (2 per multiplication and addition) of convolutions and matrix products for one image.
  double flops(int64_t height, int64_t width) const;

 private:
  void add(std::string name, std::vector<int64_t> shape, Init init, int64_t fan_in = 1);
  int add_conv(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t level, bool zero = false,
               int64_t stride = 1, bool bias = true);
  int add_norm(const std::string& name, int64_t channels);
  void add_linear(const std::string& name, int64_t in, int64_t out, bool zero = false);
  int add_attention(const std::string& name, int64_t channels, int64_t level);
  int add_block(const std::string& name, int64_t in, int64_t out, int64_t level, Resample resample, bool attention);
  void add_embeddings();
  int64_t channels_of(int64_t level) const;
  bool attends(int64_t level) const;
  Step add_resampling(const std::string& name, int64_t channels, int64_t level, Resample to);
  std::vector<int64_t> add_encoder();  // returns the channels of the maps that it keeps for the decoder
  void add_middle(int64_t channels);
  int64_t add_decoder(std::vector<int64_t> kept);  // returns the channels of its last map
};

}  // namespace sr3
