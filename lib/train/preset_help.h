// What the presets of sr3-train set, as its options: for --preset list, --show-preset and --help.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "stage/presets.h"

namespace sr3 {

class Options;

// The options that a preset stands for and their values, as they would be given: {"batch", "16"}, ...
std::vector<std::pair<std::string, std::string>> preset_values(const Preset& preset);

// A table with a row for each preset: name, steps, batch, what it is.
std::string preset_list();
// A table of preset_values. UsageError if there is no such preset.
std::string preset_table(const std::string& name);

// Adds the value that the preset of this name, or `otherwise` if there is none, has to the text of each option: "...; small: 16".
void explain_defaults(const std::string& name, const std::string& otherwise, Options& options);

}  // namespace sr3
