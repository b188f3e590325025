#include "cli/verbs.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "base/error.h"

namespace sr3::cli {

bool Verb::takes(const Option& option) const {
  return option.group == groups::kCommon || std::find(groups.begin(), groups.end(), option.group) != groups.end() ||
         std::find(options.begin(), options.end(), option.name) != options.end();
}

const Verb* find_verb(const std::vector<Verb>& verbs, const std::string& name) {
  const auto at = std::find_if(verbs.begin(), verbs.end(), [&](const Verb& verb) { return verb.name == name; });
  return at == verbs.end() ? nullptr : &*at;
}

std::string verb_names(const std::vector<Verb>& verbs, const std::string& conjunction) {
  std::string names;
  for (size_t i = 0; i < verbs.size(); ++i)
    names += cat(i == 0 ? "" : i + 1 == verbs.size() ? " " + conjunction + " " : ", ", verbs[i].name);
  return names;
}

std::vector<std::string> others(const Options& options, const Verb& verb) {
  for (const std::string& name : verb.options)
    if (!options.find(name)) throw std::logic_error(cat(verb.name, " takes --", name, ", which is not declared"));
  std::vector<std::string> names;
  for (const Option& option : options.all())
    if (!verb.takes(option)) names.push_back(option.name);
  return names;
}

void refuse_others(const Options& options, const Verb& verb, const std::vector<Verb>& verbs) {
  for (const std::string& name : others(options, verb)) {
    const Option& option = *options.find(name);
    if (!option.given) continue;
    std::vector<Verb> takers;
    std::copy_if(verbs.begin(), verbs.end(), std::back_inserter(takers),
                 [&](const Verb& each) { return each.takes(option); });
    throw UsageError(
        cat("--", name, ": ", verb.name, " does not take this option; it is for ", verb_names(takers, "and")));
  }
}

}  // namespace sr3::cli
