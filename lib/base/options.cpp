#include "base/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "base/error.h"

namespace sr3 {

namespace {

// Takes one of the words, as the option's `set`.
template <class Value>
std::function<void(const std::string&)> setter_of(Value* value, std::vector<std::string> words,
                                                  const std::string& list) {
  return [value, words = std::move(words), list](const std::string& given) {
    if (std::find(words.begin(), words.end(), given) == words.end())
      throw UsageError(cat("'", given, "' is none of ", list));
    *value = given;
  };
}

std::string joined(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& word : words) list += (list.empty() ? "" : "|") + word;
  return list;
}

}  // namespace

std::string number_text(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

void Options::add(Option option) {
  if (option.group.empty()) option.group = group_;
  for (Option& old : options_) {
    if (old.name != option.name) continue;
    if (old.letter != option.letter || old.argument != option.argument || old.repeats != option.repeats)
      throw std::logic_error("option --" + option.name + " is declared twice, differently");
    old.set = [first = std::move(old.set), second = std::move(option.set)](const std::string& given) {
      first(given);
      second(given);
    };
    return;
  }
  options_.push_back(std::move(option));
}

const Option* Options::find(std::string_view name) const {
  const auto at = std::find_if(options_.begin(), options_.end(), [&](const Option& o) { return o.name == name; });
  return at == options_.end() ? nullptr : &*at;
}

void Options::mark_given(std::string_view name) {
  for (Option& option : options_)
    if (option.name == name) option.given = true;
}

void Options::refuse_given(std::string_view group, const std::string& why, const std::vector<std::string>& but) const {
  // A heading that was reworded must not switch the refusal off.
  if (std::none_of(options_.begin(), options_.end(), [&](const Option& option) { return option.group == group; }))
    throw std::logic_error(cat("no option is in the group '", group, "'"));
  for (const Option& option : options_)
    if (option.given && option.group == group && std::find(but.begin(), but.end(), option.name) == but.end())
      throw UsageError(cat("--", option.name, ": ", why));
}

void Options::add(std::string name, char letter, bool* value, std::string text) {
  add({"", std::move(name), letter, "", std::move(text), "", false, [value](const std::string&) { *value = true; }});
}

void Options::add(std::string name, char letter, int64_t* value, std::string argument, std::string text) {
  add({"", std::move(name), letter, std::move(argument), std::move(text), std::to_string(*value), false,
       [value](const std::string& given) { *value = parse_int(given); }});
}

void Options::add(std::string name, char letter, double* value, std::string argument, std::string text) {
  add({"", std::move(name), letter, std::move(argument), std::move(text), number_text(*value), false,
       [value](const std::string& given) { *value = parse_double(given); }});
}

void Options::add(std::string name, char letter, std::string* value, std::string argument, std::string text) {
  add({"", std::move(name), letter, std::move(argument), std::move(text), *value, false,
       [value](const std::string& given) { *value = given; }});
}

void Options::add(std::string name, char letter, std::vector<std::string>* value, std::string argument,
                  std::string text) {
  add({"", std::move(name), letter, std::move(argument), std::move(text), "", true,
       [value](const std::string& given) { value->push_back(given); }});
}

void Options::add(std::string name, char letter, std::optional<int64_t>* value, std::string argument,
                  std::string text) {
  add({"", std::move(name), letter, std::move(argument), std::move(text), "", false,
       [value](const std::string& given) { *value = parse_int(given); }});
}

void Options::add(std::string name, char letter, std::optional<double>* value, std::string argument, std::string text) {
  add({"", std::move(name), letter, std::move(argument), std::move(text), "", false,
       [value](const std::string& given) { *value = parse_double(given); }});
}

void Options::add(std::string name, char letter, std::optional<std::string>* value, std::string argument,
                  std::string text) {
  add({"", std::move(name), letter, std::move(argument), std::move(text), "", false,
       [value](const std::string& given) { *value = given; }});
}

void Options::choice(std::string name, char letter, std::string* value, std::vector<std::string> words,
                     std::string text) {
  const std::string list = joined(words);
  add({"", std::move(name), letter, list, std::move(text), *value, false, setter_of(value, std::move(words), list)});
}

void Options::choice(std::string name, char letter, std::optional<std::string>* value, std::vector<std::string> words,
                     std::string text) {
  const std::string list = joined(words);
  add({"", std::move(name), letter, list, std::move(text), "", false, setter_of(value, std::move(words), list)});
}

int64_t parse_int(const std::string& text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, value);
  if (failure == std::errc::result_out_of_range) throw UsageError(cat("'", text, "' is out of range"));
  if (failure != std::errc() || at != end) throw UsageError(cat("'", text, "' is not a whole number"));
  return value;
}

double parse_double(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc() || at != end || !std::isfinite(value))
    throw UsageError(cat("'", text, "' is not a number"));
  return value;
}

double parse_duration(const std::string& text) {
  double unit = 1;
  std::string digits = text;
  if (!text.empty()) {
    const size_t at = std::string("smhd").find(text.back());
    if (at != std::string::npos) {
      unit = (const double[]){1, 60, 3600, 86400}[at];
      digits.pop_back();
    }
  }
  double value = -1;
  try {
    value = parse_double(digits);
  } catch (const UsageError&) {
  }
  if (value < 0) throw UsageError(cat("'", text, "' is not a duration such as 90s, 15m, 2h or 1d"));
  return value * unit;
}

std::pair<int64_t, int64_t> parse_size(const std::string& text) {
  const size_t cross = text.find('x');
  try {
    if (cross == std::string::npos) throw UsageError("");
    const int64_t width = parse_int(text.substr(0, cross)), height = parse_int(text.substr(cross + 1));
    if (width < 1 || height < 1) throw UsageError("");
    return {width, height};
  } catch (const UsageError&) {
    throw UsageError(cat("'", text, "' is not a size such as 640x480"));
  }
}

}  // namespace sr3
