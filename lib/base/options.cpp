#include "base/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <type_traits>

#include "base/closest_word.h"
#include "base/error.h"

namespace sr3 {

namespace {

using Setter = std::function<void(const std::string&)>;

// Takes one of the words.
template <class Value>
Setter one_of(Value* value, std::vector<std::string> words, const std::string& list) {
  return [value, words = std::move(words), list](const std::string& given) {
    if (std::find(words.begin(), words.end(), given) == words.end())
      throw UsageError(cat("'", given, "' is not one of ", list, did_you_mean(words, given)));
    *value = given;
  };
}

// Takes a number, by `parse`, or a list of them.
template <class Value, class Parse>
Setter in_range(Value* value, const Range& range, Parse parse) {
  return [value, range, parse](const std::string& given) {
    const auto number = [&](const std::string& text) {
      const auto parsed = parse(text);
      if (!range.holds(static_cast<double>(parsed)))
        throw UsageError(cat("'", text, "' is not in the range ", range.text()));
      return parsed;
    };
    if constexpr (std::is_assignable_v<Value&, decltype(parse(given))>)
      *value = number(given);
    else
      *value = parse_list(given, number);
  };
}

std::string with_range(const std::string& text, const Range& range) {
  const std::string shown = range.text();
  return shown == any_number().text() ? text : cat(text, " (", shown, ")");
}

// A default outside the range stands for an option that was not given.
std::string default_text(const std::string& value, double number, const Range& range) {
  return range.holds(number) ? value : "";
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
  option.group = group_;
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

void Options::extend_text(std::string_view name, const std::string& more) {
  for (Option& option : options_)
    if (option.name == name) {
      option.text += more;
      return;
    }
  throw std::logic_error(cat("there is no option --", name));
}

const Option* Options::find(std::string_view name) const {
  const auto at = std::find_if(options_.begin(), options_.end(), [&](const Option& o) { return o.name == name; });
  return at == options_.end() ? nullptr : &*at;
}

void Options::mark_given(std::string_view name, const std::string& value) {
  for (Option& option : options_)
    if (option.name == name) {
      option.value = option.repeats && option.given ? cat(option.value, ",", value) : value;
      option.given = true;
    }
}

void Options::refuse(const std::function<bool(const Option&)>& concerned, const std::string& why,
                     const std::vector<std::string>& except) const {
  // A mistyped exception would refuse what is meant to be taken.
  for (const std::string& name : except)
    if (!find(name)) throw std::logic_error(cat("there is no option --", name));
  for (const Option& option : options_)
    if (option.given && concerned(option) && std::find(except.begin(), except.end(), option.name) == except.end())
      throw UsageError(cat("--", option.name, ": ", why));
}

void Options::refuse_given(const OptionGroup& group, const std::string& why,
                           const std::vector<std::string>& except) const {
  const auto concerned = [&](const Option& option) { return option.group == group; };
  // A group that lost its options, or was declared under another constant, must not switch the refusal off.
  if (std::none_of(options_.begin(), options_.end(), concerned))
    throw std::logic_error(cat("no option is in the group '", group.heading, "'"));
  refuse(concerned, why, except);
}

void Options::refuse_options(const std::vector<std::string>& names, const std::string& why) const {
  for (const std::string& name : names)
    if (!find(name)) throw std::logic_error(cat("there is no option --", name));
  refuse([&](const Option& o) { return std::find(names.begin(), names.end(), o.name) != names.end(); }, why, {});
}

void Options::refuse_all_given(const std::string& why, const std::vector<std::string>& except) const {
  refuse([](const Option&) { return true; }, why, except);
}

void Options::add(std::string name, char letter, bool* value, std::string text) {
  add({std::move(name), letter, "", std::move(text), "", false, [value](const std::string&) { *value = true; }});
}

void Options::add(std::string name, char letter, std::string* value, std::string argument, std::string text) {
  add({std::move(name), letter, std::move(argument), std::move(text), *value, false,
       [value](const std::string& given) { *value = given; }});
}

void Options::add(std::string name, char letter, std::vector<std::string>* value, std::string argument,
                  std::string text) {
  add({std::move(name), letter, std::move(argument), std::move(text), "", true,
       [value](const std::string& given) { value->push_back(given); }});
}

void Options::add(std::string name, char letter, std::optional<std::string>* value, std::string argument,
                  std::string text) {
  add({std::move(name), letter, std::move(argument), std::move(text), "", false,
       [value](const std::string& given) { *value = given; }});
}

void Options::add(std::string name, char letter, int64_t* value, std::string argument, const Range& range,
                  std::string text) {
  add({std::move(name), letter, std::move(argument), with_range(text, range),
       default_text(std::to_string(*value), static_cast<double>(*value), range), false,
       in_range(value, range, parse_int)});
}

void Options::add(std::string name, char letter, double* value, std::string argument, const Range& range,
                  std::string text) {
  add({std::move(name), letter, std::move(argument), with_range(text, range),
       default_text(number_text(*value), *value, range), false, in_range(value, range, parse_double)});
}

void Options::add(std::string name, char letter, std::optional<int64_t>* value, std::string argument,
                  const Range& range, std::string text) {
  add({std::move(name), letter, std::move(argument), with_range(text, range), "", false,
       in_range(value, range, parse_int)});
}

void Options::add(std::string name, char letter, std::optional<double>* value, std::string argument, const Range& range,
                  std::string text) {
  add({std::move(name), letter, std::move(argument), with_range(text, range), "", false,
       in_range(value, range, parse_double)});
}

void Options::add(std::string name, char letter, std::optional<std::vector<int64_t>>* value, std::string argument,
                  const Range& range, std::string text) {
  add({std::move(name), letter, std::move(argument), with_range(text, range), "", false,
       in_range(value, range, parse_int)});
}

void Options::add(std::string name, char letter, std::optional<std::vector<double>>* value, std::string argument,
                  const Range& range, std::string text) {
  add({std::move(name), letter, std::move(argument), with_range(text, range), "", false,
       in_range(value, range, parse_double)});
}

void Options::choice(std::string name, char letter, std::string* value, std::vector<std::string> words,
                     std::string text) {
  const std::string list = joined(words);
  add({std::move(name), letter, list, std::move(text), *value, false, one_of(value, std::move(words), list)});
}

void Options::choice(std::string name, char letter, std::optional<std::string>* value, std::vector<std::string> words,
                     std::string text) {
  const std::string list = joined(words);
  add({std::move(name), letter, list, std::move(text), "", false, one_of(value, std::move(words), list)});
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

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    parts.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

}  // namespace sr3
