// The options of cdm-train --new, which writes the manifests of a new cascade.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stage/cascade_presets.h"

namespace sr3 {

// The command line of a new cascade.
struct NewCascadeFlags {
  std::optional<std::vector<int64_t>> sizes;  // of the stages, from the base stage on
  CascadeSpec spec;
  std::string show_preset;  // a preset to show instead, or empty
  bool grey = false, unconditional = false, no_flip = false, keep_going = false;
  int64_t pad = 0;
  std::string description, data_name, attribution;

  void declare(Options& options);
  // Finds the classes in the data, checks that its images are large enough, and writes the manifests: `output`, which
  // ends in .json, and beside it those of the stages. Error when one is there already.
  void write(const std::vector<std::string>& operands, const std::string& output, bool history) const;
};

}  // namespace sr3
