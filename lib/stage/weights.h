// The weights of a stage: stored in one floating-point type, verified against the digest in the manifest, and matched to a
// network by name and shape.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "format/safetensors.h"
#include "nn/unet.h"
#include "stage/manifest.h"
#include "tensor/named_tensors.h"

namespace sr3 {

// The scalar type of "fp32", "fp16" or "bf16".
at::ScalarType weights_scalar_type(const std::string& type);

// The tensor on the CPU, contiguous, in this type. Throws Error when a number is too large for fp16; name and path are for
// the message.
at::Tensor as_stored(const at::Tensor& tensor, at::ScalarType type, const std::string& name, const std::string& path);

// Checks that the stage at `path` has weights and that their file exists, without reading them. Throws Error otherwise.
void require_weights(const std::string& path, const StageManifest& manifest);

// Reads the weights of the stage at `path`. Throws DataError when their sha256 is not the manifest's.
TensorFile read_weights(const std::string& path, const StageManifest& manifest);

// The file's tensors in the order of `wanted` (names and shapes). Throws DataError that lists what is missing, unknown or
// of another shape; `origin` names the file.
std::vector<at::Tensor> match_tensors(const TensorFile& file,
                                      const std::vector<std::pair<std::string, std::vector<int64_t>>>& wanted,
                                      const std::string& origin);

// Copies each tensor of the file to the tensor of the same name. Throws DataError as match_tensors.
void copy_tensors(const TensorFile& from, const NamedTensors& to, const std::string& origin);

// The network's parameters in fp32, from the stage's weights. Throws DataError as read_weights and match_tensors.
Parameters read_parameters(const std::string& path, const StageManifest& manifest);

// A stage's manifest and parameters.
struct StageWeights {
  StageManifest manifest;
  Parameters parameters;
};
// Throws Error or DataError as require_weights and read_parameters.
StageWeights read_stage_weights(const std::string& path);

}  // namespace sr3
