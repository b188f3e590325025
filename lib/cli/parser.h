// Parses the command line with cxxopts, which nothing else includes. Options go in as a table (base/options.h) and come
// out as calls of Option::set, so that the message of every wrong value names its option.
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

// Reads the command line without setting any value. Throws UsageError for an unknown option, a missing argument and an
// argument of a flag.
CommandLine read_command_line(const Options& options, const std::vector<std::string>& arguments);

// Calls the option's set, and puts the option's name before the message of a UsageError.
void apply(const Given& given);

// The options by group with their ranges and defaults, in at most 80 columns, without those named in `hidden`.
std::string options_help(const Options& options, const std::vector<std::string>& hidden);

// One line for each option: name, letter, argument, default and text (with the range), separated by tabs.
std::string options_table(const Options& options, const std::vector<std::string>& hidden);

}  // namespace sr3::cli
