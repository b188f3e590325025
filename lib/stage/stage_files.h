// The files of a stage in training: their names, publishing the stage, and taking weights out of another one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "stage/manifest.h"
#include "tensor/named_tensors.h"

namespace sr3 {

struct StagePaths {
  std::string manifest, weights, state, journal, preview, loss;
};
// output: "dir/NAME.json"; UsageError when it does not end so.
StagePaths stage_paths(const std::string& output);

// What a killed run left half written. Only for the one process that trains this stage.
void remove_leftovers(const StagePaths& paths);

// Weights (as fp32, fp16 or bf16), then the manifest that names them with their digest. The two renames come right
// after one another: a reader that falls between them is told of a digest that does not agree.
void publish_stage(StageManifest& manifest, const StagePaths& paths, const NamedTensors& weights,
                   const std::string& type);
// The same, with weights that `write` writes to the path it is given.
void publish_stage(StageManifest& manifest, const StagePaths& paths,
                   const std::function<void(const std::string& path)>& write);
// "photos, faces": what data are called that nobody named, by their folders and files (without extension).
std::string data_name(const std::vector<std::string>& operands);

// Takes the weights of the stage at `path` for `stage`, which must be a network of the same names and shapes, or that with
// more blocks (nn/deepen.h; `to` then holds initial_parameters). Its history is returned. UsageError when it is another
// network, has other groups, or is told of noise levels in another way: nothing of it would hold. What else its weights
// mean that `stage` does not is warned of.
std::vector<HistoryEntry> init_from_stage(const std::string& path, const StageManifest& stage, const NamedTensors& to);

}  // namespace sr3
