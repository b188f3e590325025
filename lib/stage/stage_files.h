// The files of a stage in training: their names, publishing the stage, and starting from the weights of another stage.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stage/manifest.h"
#include "tensor/named_tensors.h"

namespace sr3 {

struct StagePaths {
  std::string manifest, weights, state, journal, preview, loss;
};
// The paths that belong to the manifest "dir/NAME.json"; of a symbolic link, to the one that it leads to, beside which all are.
// Throws UsageError if that is not of this form.
StagePaths stage_paths(const std::string& output);
// Those of another stage of the same training: "dir/NAME.WORD.json".
StagePaths stage_beside(const StagePaths& paths, const std::string& word);

// Fails, before the work, if one of the two files of the stage cannot be written.
void check_stage_writable(const StagePaths& paths);

// The manifest in the state of a training; nothing without a state.
std::optional<StageManifest> state_manifest(const StagePaths& paths);

// The file whose lock (base/file_lock.h) its writer holds: "dir/NAME.lock", of the file that a symbolic link leads to. That of a
// cascade's manifest is named in the same way.
std::string lock_path(const std::string& manifest);

// Removes files that a killed run left half written. Only the process that trains this stage may call it.
void remove_leftovers(const StagePaths& paths);

// Writes the weights (type: fp32, fp16 or bf16), then the manifest that names them with their digest, and sets these two fields
// of `manifest`. Both files are replaced by renames, one right after the other; a reader that comes in between gets an error
// about a digest that does not match. Throws Error when a file cannot be written or a weight is too large for the type.
void publish_stage(StageManifest& manifest, const StagePaths& paths, const NamedTensors& weights,
                   const std::string& type);
// The same, with weights that `write` writes to the path that it is called with.
void publish_stage(StageManifest& manifest, const StagePaths& paths,
                   const std::function<void(const std::string& path)>& write);
// The default name of training data, from its folders and files (without extension): "photos, faces".
std::string data_name(const std::vector<std::string>& operands);

// Copies the weights of the stage at `path` to `to`, the parameters of `stage`, and returns its history. The networks must have
// tensors of the same names and shapes, or `stage` additional blocks (nn/deepen.h; `to` must then hold initial_parameters)
// or an embedding of the augmentation level, which is zero at first.
// Throws UsageError when the network differs in shapes, groups or level.input, which would make the weights useless, and
// DataError when they cannot be read. Warns of other settings with which the weights were trained and that `stage` changes.
std::vector<HistoryEntry> init_from_stage(const std::string& path, const StageManifest& stage, const NamedTensors& to);

}  // namespace sr3
