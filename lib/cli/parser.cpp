#include "cli/parser.h"

#include <algorithm>
#include <cctype>
#include <cxxopts.hpp>

#include "base/error.h"
#include "cli/suggestion.h"

namespace sr3::cli {

namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> headings_of(const Options& options) {
  std::vector<std::string> headings;
  for (const Option& option : options.all())
    if (!contains(headings, std::string(option.group.heading))) headings.emplace_back(option.group.heading);
  return headings;
}

cxxopts::Options to_cxxopts(const Options& options, const std::vector<std::string>& hidden) {
  cxxopts::Options out("");
  out.set_width(80).custom_help("");
  for (const Option& option : options.all()) {
    if (contains(hidden, option.name)) continue;
    const std::string names = option.letter ? std::string(1, option.letter) + "," + option.name : option.name;
    auto value = option.argument.empty() ? cxxopts::value<bool>() : cxxopts::value<std::string>();
    if (!option.default_value.empty()) value->default_value(option.default_value);
    out.add_option(std::string(option.group.heading), cxxopts::Option(names, option.text, value, option.argument));
  }
  return out;
}

// The name that cxxopts quotes in its message, for a message of our own.
std::string quoted(const std::string& message) {
  const size_t from = message.find(cxxopts::LQUOTE), to = message.rfind(cxxopts::RQUOTE);
  if (from == std::string::npos || to == std::string::npos) return "";
  return message.substr(from + cxxopts::LQUOTE.size(), to - from - cxxopts::LQUOTE.size());
}

std::string dashed(const std::string& name) { return (name.size() == 1 ? "-" : "--") + name; }

UsageError unknown_option(const Options& options, const std::vector<std::string>& arguments, const std::string& name) {
  // Of "-lr 1e-4" the parser reports "-l".
  std::string word = name;
  for (const std::string& argument : arguments)
    if (name.size() == 1 && argument.size() > 2 && argument.starts_with("-" + name)) {
      word = argument.substr(1, argument.find('=') - 1);
      break;
    }
  return UsageError(cat("unknown option '", dashed(name), "'", suggestion(options, word)));
}

// cxxopts accepts --json=false, as the value of a flag.
void refuse_values_of_flags(const Options& options, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return;
    const size_t equals = argument.find('=');
    // As for --output=x, but there "=x" would be the value.
    if (equals == 2 && argument[0] == '-' && std::isalpha(static_cast<unsigned char>(argument[1])))
      throw UsageError(cat("'", argument, "': the value of ", argument.substr(0, 2), " follows a space, not '='"));
    if (!argument.starts_with("--") || equals == std::string::npos) continue;
    const Option* option = options.find(argument.substr(2, equals - 2));
    if (option && option->argument.empty()) throw UsageError(cat("option '--", option->name, "' takes no argument"));
  }
}

// The library cannot read "--m x".
void refuse_letters_after_two_dashes(const Options& options, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return;
    if (!argument.starts_with("--") || (argument.size() != 3 && argument.find('=') != 3)) continue;
    const bool known = std::any_of(options.all().begin(), options.all().end(),
                                   [&](const Option& option) { return option.letter == argument[2]; });
    throw UsageError(cat("unknown option '", argument.substr(0, 3), "'",
                         known ? cat(" (did you mean '-", argument[2], "'?)") : std::string()));
  }
}

// "-scale 4" would be -s with the value "cale".
void refuse_long_names_after_one_dash(const Options& options, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return;
    if (argument.size() < 4 || argument[0] != '-' || argument[1] == '-') continue;
    const std::string name = argument.substr(1, argument.find('=') - 1);
    if (options.find(name)) throw UsageError(cat("unknown option '-", name, "' (did you mean '--", name, "'?)"));
  }
}

}  // namespace

CommandLine read_command_line(const Options& options, const std::vector<std::string>& arguments) {
  cxxopts::Options parser = to_cxxopts(options, {});
  refuse_values_of_flags(options, arguments);
  refuse_letters_after_two_dashes(options, arguments);
  refuse_long_names_after_one_dash(options, arguments);
  std::vector<const char*> argv{""};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  CommandLine out;
  try {
    const cxxopts::ParseResult result = parser.parse(static_cast<int>(argv.size()), argv.data());
    for (const cxxopts::KeyValue& pair : result.arguments()) {
      const Option* option = options.find(pair.key());
      out.given.push_back({option, option->argument.empty() ? "" : pair.value()});
    }
    out.operands = result.unmatched();
  } catch (const cxxopts::exceptions::no_such_option& e) {
    throw unknown_option(options, arguments, quoted(e.what()));
  } catch (const cxxopts::exceptions::missing_argument& e) {
    throw UsageError(cat("option '", dashed(quoted(e.what())), "' needs an argument"));
  } catch (const cxxopts::exceptions::option_requires_argument& e) {
    throw UsageError(cat("option '", dashed(quoted(e.what())), "' needs an argument"));
  } catch (const cxxopts::exceptions::exception& e) {
    // An argument such as "-=x".
    throw UsageError(cat("cannot understand '", quoted(e.what()), "'"));
  }
  return out;
}

void apply(const Given& given) {
  try {
    given.option->set(given.value);
  } catch (const UsageError& e) {
    throw UsageError(cat("option '--", given.option->name, "': ", e.what()));
  }
}

std::string options_help(const Options& options, const std::vector<std::string>& hidden) {
  std::string text = to_cxxopts(options, hidden).help(headings_of(options), false);
  text.erase(0, text.find_first_not_of('\n'));
  for (const std::string& heading : headings_of(options)) {
    const std::string line = " " + heading + " options:\n";
    const size_t at = text.find(line);
    if (at != std::string::npos) text.replace(at, line.size(), heading + ":\n");
  }
  if (!text.ends_with('\n')) text += '\n';
  // cxxopts leaves the space at which it breaks a line.
  for (size_t at; (at = text.find(" \n")) != std::string::npos;) text.erase(at, 1);
  return text;
}

std::string options_table(const Options& options, const std::vector<std::string>& hidden) {
  std::string text;
  for (const Option& option : options.all()) {
    if (contains(hidden, option.name)) continue;
    const std::string letter = option.letter ? std::string(1, option.letter) : "";
    text += cat(option.name, "\t", letter, "\t", option.argument, "\t", option.default_value, "\t", option.text, "\n");
  }
  return text;
}

}  // namespace sr3::cli
