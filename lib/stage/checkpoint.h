// A folder of named files that is either complete or absent, even if the writing process is killed or the machine crashes.
// It is written as FOLDER.new: each file is synced, and an index of names, sizes and digests comes last. Then two renames put it
// in place (FOLDER to FOLDER.old, FOLDER.new to FOLDER). Reading completes or undoes a replacement that a crash interrupted.
// The contents are files of tensors and files of text; what they mean for a training is up to the caller. Tensors need not all
// be in memory: a file of them may be written by a function, and is read when it is asked for.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "format/safetensors.h"

namespace sr3 {

struct Checkpoint {
  std::vector<std::pair<std::string, TensorFile>> tensors;  // file name -> tensors; "weights.safetensors"
  std::vector<std::pair<std::string, std::string>> texts;   // file name -> text; "progress.json"
  // File name -> what writes the file to the path that it is called with; only of a checkpoint to be written.
  std::vector<std::pair<std::string, std::function<void(const std::string& path)>>> written;
  // File name -> path of a file of tensors; only of a checkpoint that was read.
  std::vector<std::pair<std::string, std::string>> stored;

  // The contents of a file; tensors are read at each call. Throws DataError "cannot use 'x.state': there is no
  // 'ema.safetensors'" if it is absent; `folder` is for that message.
  TensorFile file(const std::string& name, const std::string& folder) const;
  const std::string& text(const std::string& name, const std::string& folder) const;
};

// Replaces the checkpoint in `folder`. Throws Error when it cannot be written; the old one is then still readable.
void write_checkpoint(const std::string& folder, const Checkpoint& checkpoint);
// Returns nothing if there is no checkpoint (nor a complete FOLDER.new or FOLDER.old). Throws DataError if a file is missing or
// differs from the index in size or digest. Renames and removes folders that a crash left behind.
std::optional<Checkpoint> read_checkpoint(const std::string& folder);
// Removes the checkpoint, and what crashes left of others.
void remove_checkpoint(const std::string& folder);

}  // namespace sr3
