// The table of options of one program. Option structs live with the code they configure, give their defaults as
// member initialisers, and declare themselves here; cli/parser reads the command line into them.
// The default and the range are thus written once, and --help, --list-options, completions and the man-page check all
// show them. A value is checked when it is parsed; structs check only what concerns two options together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/option_group.h"
#include "base/range.h"

namespace sr3 {

struct Option {
  std::string name;                             // long name without dashes
  char letter = 0;                              // 0: none
  std::string argument;                         // name of the argument in --help; empty for a flag
  std::string text;                             // one line
  std::string default_value;                    // as text; empty: none
  bool repeats = false;                         // may be given more than once
  std::function<void(const std::string&)> set;  // throws UsageError with a text that needs the option's name before it
  OptionGroup group = {};                       // set by Options::add
  bool given = false;                           // on the command line; known after it was read
  std::string value = {};                       // as it was given, the last time; of one that repeats, with commas
};

class Options {
 public:
  // Options added from here on belong to this group.
  void group(const OptionGroup& group) { group_ = group; }

  // A flag is `bool`; a vector of texts collects repeated options.
  void add(std::string name, char letter, bool* value, std::string text);
  void add(std::string name, char letter, std::string* value, std::string argument, std::string text);
  void add(std::string name, char letter, std::vector<std::string>* value, std::string argument, std::string text);
  void add(std::string name, char letter, std::optional<std::string>* value, std::string argument, std::string text);
  // Numbers are read whole ("1x" is refused); one outside the range is a UsageError. The text gets the range appended. A
  // default outside the range (0 of a --scale from 1 on) means that the option is not given, and is not shown.
  // The vectors are lists with commas, in one argument.
  void add(std::string name, char letter, int64_t* value, std::string argument, const Range& range, std::string text);
  void add(std::string name, char letter, double* value, std::string argument, const Range& range, std::string text);
  void add(std::string name, char letter, std::optional<int64_t>* value, std::string argument, const Range& range,
           std::string text);
  void add(std::string name, char letter, std::optional<double>* value, std::string argument, const Range& range,
           std::string text);
  void add(std::string name, char letter, std::optional<std::vector<int64_t>>* value, std::string argument,
           const Range& range, std::string text);
  void add(std::string name, char letter, std::optional<std::vector<double>>* value, std::string argument,
           const Range& range, std::string text);
  // One of a few words, which --help shows as the argument: "bicubic|box".
  void choice(std::string name, char letter, std::string* value, std::vector<std::string> words, std::string text);
  void choice(std::string name, char letter, std::optional<std::string>* value, std::vector<std::string> words,
              std::string text);
  // Any other type: `set` parses and throws UsageError.
  // The same option from two structs (--threads of a reader and of a writer) is one option that sets both; the first one's
  // text and default are shown. Declared differently (letter, argument) it is a std::logic_error.
  void add(Option option);

  // Adds to the text of an option. std::logic_error if there is no such option.
  void extend_text(std::string_view name, const std::string& more);

  const std::vector<Option>& all() const { return options_; }
  const Option* find(std::string_view name) const;
  void mark_given(std::string_view name, const std::string& value = "");
  // For options that would be ignored. UsageError "--NAME: WHY" for the first option of a group that was given, unless
  // it is among `except`. std::logic_error for a group without options and for an exception that is not an option.
  void refuse_given(const OptionGroup& group, const std::string& why,
                    const std::vector<std::string>& except = {}) const;
  // The same for single options. std::logic_error for a name that is not an option's.
  void refuse_options(const std::vector<std::string>& names, const std::string& why) const;
  // The same for the options of all groups.
  void refuse_all_given(const std::string& why, const std::vector<std::string>& except) const;

 private:
  void refuse(const std::function<bool(const Option&)>& concerned, const std::string& why,
              const std::vector<std::string>& except) const;

  OptionGroup group_ = groups::kCommon;
  std::vector<Option> options_;
};

// The shortest text that parse_double makes the same number of.
std::string number_text(double value);
// Whole-string parsers; UsageError says what is wrong with `text`.
int64_t parse_int(const std::string& text);
double parse_double(const std::string& text);
double parse_duration(const std::string& text);  // "90", "90s", "15m", "2h", "1d" -> seconds
// "64x48" -> {64, 48}, both at least 1
std::pair<int64_t, int64_t> parse_size(const std::string& text);
// The parts between commas, which may be empty: "a,,b" -> {"a", "", "b"}, "" -> {""}.
std::vector<std::string> split_list(const std::string& text);
// "1,2,3" -> {1, 2, 3} by parse_int or another parser of one part.
template <class Parse>
auto parse_list(const std::string& text, Parse parse) {
  std::vector<decltype(parse(text))> values;
  for (const std::string& part : split_list(text)) values.push_back(parse(part));
  return values;
}

}  // namespace sr3
