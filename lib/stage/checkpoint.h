// A folder of named files that is complete or absent, whatever kills the writer, and the machine too.
// It is written beside its place as FOLDER.new, each file synced, an index of names, sizes and digests last; then two renames
// put it there (FOLDER to FOLDER.old, FOLDER.new to FOLDER). Reading finishes or undoes what a crash left half way.
// Knows nothing of training: files of tensors and files of text.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "format/safetensors.h"

namespace sr3 {

struct Checkpoint {
  std::vector<std::pair<std::string, TensorFile>> tensors;  // file name -> tensors; "weights.safetensors"
  std::vector<std::pair<std::string, std::string>> texts;   // file name -> text; "progress.json"

  // DataError "cannot use 'x.state': there is no 'ema.safetensors'" when absent; `folder` is for that message.
  const TensorFile& file(const std::string& name, const std::string& folder) const;
  const std::string& text(const std::string& name, const std::string& folder) const;
};

void write_checkpoint(const std::string& folder, const Checkpoint& checkpoint);
// Nothing when there is none (also no finished FOLDER.new or FOLDER.old). DataError when its files are not those that
// the index names. Heals the folder's names on disk.
std::optional<Checkpoint> read_checkpoint(const std::string& folder);
// Takes it away, with what crashes left.
void remove_checkpoint(const std::string& folder);

}  // namespace sr3
