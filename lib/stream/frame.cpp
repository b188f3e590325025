#include "stream/frame.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace sr3 {

namespace {

constexpr size_t kMaxComment = 499;  // bytes, "sr " included
constexpr size_t kMaxKey = 300, kMaxComponent = 200;

std::optional<int64_t> whole(const nlohmann::json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || !at->is_number_integer()) return std::nullopt;
  if (at->is_number_unsigned() && at->get<uint64_t>() > INT64_MAX) return std::nullopt;
  return at->get<int64_t>();
}

}  // namespace

std::string clean_key(const std::string& text) {
  std::string key;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    std::string part = text.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") part = "__";
    for (char& c : part)
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && c != '-') c = '_';
    part.resize(std::min(part.size(), kMaxComponent));
    if (key.size() + 1 + part.size() > kMaxKey) break;
    key += (key.empty() ? "" : "/") + part;
  }
  return key;
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

void apply_comment(Frame& frame, const std::string& comment) {
  const size_t begin = comment.find_first_not_of(" \t#");
  if (begin == std::string::npos || comment.compare(begin, 2, "sr") != 0) return;
  if (comment.size() - begin > 2 * kMaxComment) return;  // not ours, and nesting is bounded with it
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
