// Converts a checkpoint to a stage: finds the network in the file, takes the settings, checks that both fit, and writes the
// files.
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
  int64_t low_res = 0, high_res = 0;  // if the checkpoint's own settings do not state them
  std::string output, weights_type = "fp32";
  bool no_history = false;
  void declare(Options& options);
};

// A network that has been checked to fit, and the stage that it becomes.
struct ImportPlan {
  NetworkView network;
  Layout layout;
  StageManifest stage;
  std::vector<std::string> inputs;  // all files that were read and must not be overwritten
};

// format: adm, sr3 or diffusers. UsageError for settings that are missing or wrong, DataError for a network that does not fit
// them.
ImportPlan plan_import(const std::string& format, const CheckpointFile& file, const ImportOptions& options);
// The file of weights in a diffusers folder, to be opened for plan_import("diffusers", ...).
std::string weights_of_folder(const std::string& folder);

// Converts tensor by tensor, in the memory of the largest one, and writes the stage with its provenance. UsageError if an
// output would overwrite an input. progress(done) is called with the number of tensors so far.
void write_stage(ImportPlan& plan, const ImportOptions& options, const std::function<void(int64_t)>& progress);

}  // namespace sr3
