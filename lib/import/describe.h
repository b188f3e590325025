// What is in a file of weights, without reading them: container, tensors, and whose network it most likely is.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sr3 {

// Rows of name and text, in the order to print them: file, container, tensors, parameters, types, prefix, format,
// guess. A folder is described as diffusers' (config.json and weights). Error and DataError as CheckpointFile.
std::vector<std::pair<std::string, std::string>> describe_checkpoint(const std::string& path);

}  // namespace sr3
