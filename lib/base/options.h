// The table of options of one program. Option structs live with the code they configure, give their defaults as
// member initialisers, and declare themselves here; cli/parser reads the command line into them.
// The default is thus written once, and --help, --list-options, completions and the man-page check all show it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sr3 {

struct Option {
  std::string group;                            // heading in --help
  std::string name;                             // long name without dashes
  char letter = 0;                              // 0: none
  std::string argument;                         // name of the argument in --help; empty for a flag
  std::string text;                             // one line
  std::string default_value;                    // as text; empty: none
  bool repeats = false;                         // may be given more than once
  std::function<void(const std::string&)> set;  // throws UsageError with a text that needs the option's name before it
  bool given = false;                           // on the command line; known after it was read
};

class Options {
 public:
  // Options added from here on stand under this heading.
  void group(std::string title) { group_ = std::move(title); }

  // A flag is `bool`; numbers are read whole ("1x" is refused); a vector collects repeated options.
  void add(std::string name, char letter, bool* value, std::string text);
  void add(std::string name, char letter, int64_t* value, std::string argument, std::string text);
  void add(std::string name, char letter, double* value, std::string argument, std::string text);
  void add(std::string name, char letter, std::string* value, std::string argument, std::string text);
  void add(std::string name, char letter, std::vector<std::string>* value, std::string argument, std::string text);
  void add(std::string name, char letter, std::optional<int64_t>* value, std::string argument, std::string text);
  void add(std::string name, char letter, std::optional<double>* value, std::string argument, std::string text);
  void add(std::string name, char letter, std::optional<std::string>* value, std::string argument, std::string text);
  // One of a few words; the text gets the words appended.
  void choice(std::string name, char letter, std::string* value, std::vector<std::string> words, std::string text);
  void choice(std::string name, char letter, std::optional<std::string>* value, std::vector<std::string> words,
              std::string text);
  // Any other type: `set` parses and throws UsageError.
  // The same option from two structs (--threads of a reader and of a writer) is one option that sets both; the first one's
  // text and default are shown. Declared differently (letter, argument) it is a std::logic_error.
  void add(Option option);

  const std::vector<Option>& all() const { return options_; }
  const Option* find(std::string_view name) const;
  void mark_given(std::string_view name);
  // UsageError "--NAME: WHY" for the first option of a group that was given, other than `but`: one that would be ignored.
  // std::logic_error when no option is in the group.
  void refuse_given(std::string_view group, const std::string& why, const std::vector<std::string>& but = {}) const;

 private:
  std::string group_ = "Options";
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

}  // namespace sr3
