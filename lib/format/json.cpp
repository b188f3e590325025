#include "format/json.h"

#include <set>
#include <vector>

#include "base/error.h"

namespace sr3 {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

std::string plain(const ordered_json& value) {
  // File names of any encoding may stand in the history; JSON has only UTF-8.
  return value.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

// As json::dump(2), but a list of numbers or words is one line: betas and multipliers are read by people too.
void print(const ordered_json& value, const std::string& indent, std::string& out) {
  if (!value.is_structured() || value.empty()) {
    out += plain(value);
    return;
  }
  const bool list = value.is_array(), one_line = list && !value[0].is_structured();
  const std::string deeper = indent + "  ", line = one_line ? "" : "\n" + deeper;
  out += list ? "[" : "{";
  bool first = true;
  for (const auto& [key, item] : value.items()) {
    if (!first) out += one_line ? ", " : ",";
    out += line;
    if (!list) out += plain(key) + ": ";
    print(item, deeper, out);
    first = false;
  }
  if (!one_line) out += "\n" + indent;
  out += list ? "]" : "}";
}

}  // namespace

bool is_plain_text(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  try {
    json(text).dump();
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

std::string readable_json(const ordered_json& value) {
  std::string text;
  print(value, "", text);
  return text + "\n";
}

json parse_json(std::string_view text, const std::string& origin, int max_depth) {
  // The parser itself keeps the last of two equal keys, and nests without bound: both are caught as they are met.
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int, json::parse_event_t event, json& value) {
    using Event = json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      keys.emplace_back();
      if (static_cast<int>(keys.size()) > max_depth)
        throw DataError(cat("cannot read '", origin, "': nested deeper than ", max_depth, " levels"));
    } else if (event == Event::object_end || event == Event::array_end) {
      keys.pop_back();
    } else if (event == Event::key && !keys.back().insert(value.get<std::string>()).second) {
      throw DataError(cat("cannot read '", origin, "': key '", value.get<std::string>(), "' stands twice"));
    }
    return true;
  };
  try {
    return json::parse(text.begin(), text.end(), watch);
  } catch (const json::parse_error& e) {
    throw DataError(cat("cannot read '", origin, "': not valid JSON at byte ", e.byte));
  } catch (const json::out_of_range&) {
    throw DataError(cat("cannot read '", origin, "': a number is out of range"));
  }
}

}  // namespace sr3
