// Describes a file of weights without reading the weights: container, tensors, and the project it probably belongs to.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sr3 {

// Rows of name and text, in the order to print them: file, container, tensors, parameters, types, prefix, format,
// guess. A folder is taken as one of diffusers (config.json and weights). Throws what CheckpointFile does.
std::vector<std::pair<std::string, std::string>> describe_checkpoint(const std::string& path);

}  // namespace sr3
