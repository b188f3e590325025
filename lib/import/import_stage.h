// From a checkpoint to a stage: which format it is in, the settings that it needs, what does not fit, and the files.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "import/explain.h"
#include "stage/manifest.h"

namespace sr3 {

class Options;

struct ImportOptions {
  std::optional<std::string> flags;   // adm
  std::string config;                 // sr3
  std::string class_names;            // a file of names, one a line
  int64_t low_res = 0, high_res = 0;  // where the checkpoint's own settings do not tell
  std::string output, weights_type = "fp32";
  bool no_history = false;
  void declare(Options& options);
};

// A network that fits, and the stage that it becomes.
struct ImportPlan {
  NetworkView network;
  Layout layout;
  StageManifest stage;
  std::vector<std::string> inputs;  // all files that were read, which must not be written over
};

// format: adm, sr3 or diffusers. UsageError for settings that are missing or wrong, DataError for what does not fit.
ImportPlan plan_import(const std::string& format, const CheckpointFile& file, const ImportOptions& options);
// Of a diffusers folder: the file of weights to open for plan_import("diffusers", ...).
std::string weights_of_folder(const std::string& folder);

// Reads, converts and writes tensor by tensor: memory is that of the largest one. The manifest's weights and provenance
// are filled in. UsageError when an input would be written over. progress(done): tensors so far.
void write_stage(ImportPlan& plan, const ImportOptions& options, const std::function<void(int64_t)>& progress);

}  // namespace sr3
