#include "stream/frame.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/utf8.h"

namespace sr3 {

namespace {

constexpr size_t kMaxComment = 499;  // bytes, "sr " included
// Limits in bytes: of a key and of a component, both as escaped in a comment, where a character beyond ASCII takes six or
// twelve bytes; and of a component unescaped.
constexpr size_t kMaxKey = 300, kMaxEscaped = 290, kMaxComponent = 200;

std::optional<int64_t> whole(const nlohmann::json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || !at->is_number_integer()) return std::nullopt;
  if (at->is_number_unsigned() && at->get<uint64_t>() > INT64_MAX) return std::nullopt;
  return at->get<int64_t>();
}

// The length in bytes of the UTF-8 character beyond ASCII that `at` begins with. 0 if it does not begin with one, or with
// one that a terminal obeys instead of showing it: control characters, line separators, changes of writing direction.
size_t bytes_of_letter(std::string_view at) {
  const auto [n, code] = first_character(at);
  const bool control = code < 0xa0 || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
  return control ? 0 : n;
}

struct Component {
  std::string text;
  size_t escaped = 0;
};

Component clean_component(std::string_view part) {
  Component out;
  for (size_t i = 0; i < part.size();) {
    const auto c = static_cast<unsigned char>(part[i]);
    const size_t letter = bytes_of_letter(part.substr(i)), n = std::max<size_t>(letter, 1);
    const size_t escaped = letter == 0 ? 1 : letter == 4 ? 12 : 6;
    if (out.text.size() + n > kMaxComponent || out.escaped + escaped > kMaxEscaped) break;
    const bool kept = letter > 0 || (c < 0x80 && std::isalnum(c)) || c == '.' || c == '_' || c == '-';
    out.text += kept ? std::string(part.substr(i, n)) : "_";
    out.escaped += escaped;
    i += n;
  }
  return out;
}

}  // namespace

std::string clean_key(const std::string& text) {
  std::string key;
  size_t escaped = 0;  // bytes of the key in a comment
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    const Component component = part == ".." ? Component{"__", 2} : clean_component(part);
    if (escaped + 1 + component.escaped > kMaxKey) break;
    key += (key.empty() ? "" : "/") + component.text;
    escaped += 1 + component.escaped;
  }
  return key;
}

std::string suffixed_key(std::string key, const std::string& suffix) {
  while (!key.empty() && clean_key(key + suffix) != key + suffix) {
    while (key.size() > 1 && (key.back() & 0xC0) == 0x80) key.pop_back();  // the continuation bytes of a character
    key.pop_back();
  }
  return key + suffix;
}

std::string number_key(int64_t number) {
  std::string digits = std::to_string(number);
  return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
}

std::string frame_comment(const Frame& frame) {
  nlohmann::ordered_json object;
  object["key"] = frame.key;
  object["i"] = frame.index;
  if (frame.total) object["n"] = *frame.total;
  if (frame.label) object["class"] = *frame.label;
  if (frame.seed) object["seed"] = *frame.seed;
  const auto text = [&] {
    return "sr " + object.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  };
  const std::string without = text();
  if (frame.extra.empty()) return without;
  const auto extra = nlohmann::ordered_json::parse(frame.extra, nullptr, false);
  if (!extra.is_object()) return without;
  for (const auto& [name, value] : extra.items())
    if (!object.contains(name)) object[name] = value;
  const std::string with = text();
  return with.size() <= kMaxComment ? with : without;
}

bool record(Frame& frame, const std::string& name, const std::string& text) {
  auto extra = nlohmann::ordered_json::parse(frame.extra, nullptr, false);
  if (!extra.is_object()) extra = nlohmann::ordered_json::object();
  extra[name] = text;
  const auto total = std::exchange(frame.total, frame.total.value_or(INT32_MAX));  // the writer may yet add it
  const std::string before = std::exchange(frame.extra, ""), without = frame_comment(frame);
  frame.extra = extra.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  const bool fits = frame_comment(frame) != without;
  if (!fits) frame.extra = before;
  frame.total = total;
  return fits;
}

void apply_comment(Frame& frame, const std::string& comment) {
  const size_t begin = comment.find_first_not_of(" \t#");
  if (begin == std::string::npos || comment.compare(begin, 2, "sr") != 0) return;
  if (comment.size() - begin > 2 * kMaxComment) return;  // not ours; this also bounds the nesting
  auto object = nlohmann::ordered_json::parse(comment.begin() + begin + 2, comment.end(), nullptr, false);
  if (!object.is_object()) return;
  if (const auto key = object.find("key"); key != object.end() && key->is_string())
    if (const std::string clean = clean_key(key->get<std::string>()); !clean.empty()) frame.key = clean;
  if (const auto index = whole(object, "i"); index && *index >= 0) frame.index = *index;
  if (const auto total = whole(object, "n"); total && *total >= 0) frame.total = total;
  if (const auto label = whole(object, "class"); label && *label >= 0) frame.label = label;
  if (const auto seed = whole(object, "seed")) frame.seed = seed;
  for (const char* known : {"key", "i", "n", "class", "seed"}) object.erase(known);
  if (!object.empty()) frame.extra = object.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace sr3
