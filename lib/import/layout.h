// Maps the tensors of our network to those of another project's checkpoint. A project is described by a rule that maps a
// place in the U-Net to names; the places and their shapes follow from the network's options (nn/unet_plan.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "import/checkpoint_file.h"
#include "nn/unet_options.h"

namespace sr3 {

// One parameter of the U-Net: "up.3.attention.qkv.weight" is part "up", layer "attention.qkv", leaf "weight".
struct Place {
  std::string name, part, layer, leaf;  // layer "": the level's MLP, the classes
  int64_t number = 0;                   // of the block or resampling in its part, or of the layer in the level's MLP
  int64_t level = 0;                    // 0 the outermost; of a resampling: the one whose blocks come before it
  int64_t block = 0;                    // blocks before it in its part, resamplings not counted
  int64_t index = 0;                    // blocks before it in its level
  bool resample = false;
  bool attends = false;  // whether the level's blocks have attention
  std::vector<int64_t> shape;

  bool is_qkv() const { return layer == "attention.qkv"; }
};
std::vector<Place> places_of(const UNetOptions& options);

struct TensorSource {
  std::string name;
  std::vector<int64_t> shape;
};

struct ImportedTensor {
  std::string name;  // ours, with its shape
  std::vector<int64_t> shape;
  std::vector<TensorSource> sources;  // concatenated along the first axis: q, k and v may be separate
  // If not 0, the rows of q, k and v have the order [head][q|k|v][d] with so many heads, and become [q|k|v][head][d].
  int64_t legacy_heads = 0;
};

struct Layout {
  std::vector<ImportedTensor> tensors;
  std::vector<TensorSource> sources() const;
};
using NameRule = std::function<ImportedTensor(const Place&)>;
Layout layout_of(const UNetOptions& options, const NameRule& rule);

// Whether two shapes are equal up to trailing sizes of 1: attention's projections may be matrices, or 1-D or 2-D
// convolutions.
bool same_shape(const std::vector<int64_t>& a, const std::vector<int64_t>& b);

// Reorders the rows of q, k and v in one tensor (3 C, ...) from [head][q|k|v][d] to [q|k|v][head][d].
at::Tensor from_legacy_order(const at::Tensor& qkv, int64_t heads);

// Reads the sources of a tensor and converts them to ours, in float32. DataError if they are not of a floating-point type or
// not finite.
at::Tensor imported(const NetworkView& net, const ImportedTensor& tensor);

}  // namespace sr3
