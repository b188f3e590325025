// The command line by cxxopts: the one place that knows it. Options go in as a table (base/options.h) and come out as
// calls of Option::set, so that every value error can name its option.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"

namespace sr3::cli {

struct Given {
  const Option* option;
  std::string value;  // "" for a flag
};

struct CommandLine {
  std::vector<Given> given;           // in the order of the command line
  std::vector<std::string> operands;  // the rest; "-" is one, and so is all that follows "--"
};

// Sets nothing yet. UsageError: unknown option, missing argument, argument for a flag.
CommandLine read_command_line(const Options& options, const std::vector<std::string>& arguments);

// Calls the option's set; a UsageError gets the option's name before it.
void apply(const Given& given);

// The options by group with their defaults, at most 80 columns; `hidden` names are left out.
std::string options_help(const Options& options, const std::vector<std::string>& hidden);

// name, letter, argument, default, text; one line an option, separated by tabs.
std::string options_table(const Options& options, const std::vector<std::string>& hidden);

}  // namespace sr3::cli
