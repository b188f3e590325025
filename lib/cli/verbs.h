// What the first operand of a program chooses, as `stats` in "fid stats": each verb takes some of the program's options.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"

namespace sr3::cli {

struct Verb {
  std::string name;
  std::string synopsis;  // what follows the verb in the first line of its --help
  std::string summary;   // as a program's
  // What it takes beside the common options: whole groups, and single options of others.
  std::vector<OptionGroup> groups;
  std::vector<std::string> options;

  bool takes(const Option& option) const;
};

// The verb of this name, or null.
const Verb* find_verb(const std::vector<Verb>& verbs, const std::string& name);

// "stats, merge or compare"
std::string verb_names(const std::vector<Verb>& verbs, const std::string& conjunction = "or");

// Throws UsageError for the first option that was given and that the verb would ignore; it names those of `verbs` that take it.
void refuse_others(const Options& options, const Verb& verb, const std::vector<Verb>& verbs);

// The names of the options that the verb does not take, for its --help. std::logic_error if it takes one that is not declared.
std::vector<std::string> others(const Options& options, const Verb& verb);

}  // namespace sr3::cli
