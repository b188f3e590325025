#include "format/json.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "base/closest_word.h"
#include "base/utf8.h"

namespace sr3 {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

// The document with strings of valid UTF-8.
ordered_json with_utf8(const ordered_json& value) {
  if (value.is_string()) return utf8_from_bytes(value.get_ref<const std::string&>());
  if (!value.is_structured()) return value;
  ordered_json out = value.is_array() ? ordered_json::array() : ordered_json::object();
  for (const auto& [key, item] : value.items()) {
    if (value.is_array())
      out.push_back(with_utf8(item));
    else
      out[utf8_from_bytes(key)] = with_utf8(item);
  }
  return out;
}

// Like json::dump(2), except that a list of numbers or strings takes one line: people read betas and multipliers too.
void print(const ordered_json& value, const std::string& indent, std::string& out) {
  if (!value.is_structured() || value.empty()) {
    out += compact_json(value);
    return;
  }
  const bool list = value.is_array(), one_line = list && !value[0].is_structured();
  const std::string deeper = indent + "  ", line = one_line ? "" : "\n" + deeper;
  out += list ? "[" : "{";
  bool first = true;
  for (const auto& [key, item] : value.items()) {
    if (!first) out += one_line ? ", " : ",";
    out += line;
    if (!list) out += compact_json(key) + ": ";
    print(item, deeper, out);
    first = false;
  }
  if (!one_line) out += "\n" + indent;
  out += list ? "]" : "}";
}

// "line 3, column 7" of a byte that is counted from 1; columns count characters.
std::string place_in(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, byte > 0 ? byte - 1 : 0);
  const size_t begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const auto characters = std::count_if(before.begin() + static_cast<std::ptrdiff_t>(begin), before.end(),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  return cat("line ", 1 + std::count(before.begin(), before.end(), '\n'), ", column ", 1 + characters);
}

}  // namespace

bool is_plain_text(std::string_view text) {
  for (size_t n = 0; !text.empty(); text.remove_prefix(n)) {
    const auto [bytes, code] = first_character(text);
    if (bytes == 0 || code < 0x20 || code == 0x7f) return false;
    n = bytes;
  }
  return true;
}

std::string compact_json(const ordered_json& value) { return with_utf8(value).dump(); }

std::string readable_json(const ordered_json& value) {
  std::string text;
  print(value, "", text);
  return text + "\n";
}

namespace {

// Refuses what the parser itself accepts: any depth, and of two equal keys the last. As a handler of events and not as a
// callback of the parser, with which its time is quadratic in the number of keys.
class StrictEvents : public nlohmann::json_sax<json> {
 public:
  StrictEvents(const std::string& origin, int max_depth) : origin_(origin), max_depth_(max_depth) {}
  bool start_object(size_t) override { return enter(); }
  bool start_array(size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(std::string& name) override {
    if (!keys_.back().insert(name).second)
      throw DataError(cat("cannot read '", origin_, "': key '", name, "' appears twice"));
    return true;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(json::number_integer_t) override { return true; }
  bool number_unsigned(json::number_unsigned_t) override { return true; }
  bool number_float(json::number_float_t, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(json::binary_t&) override { return true; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool enter() {
    keys_.emplace_back();
    if (static_cast<int>(keys_.size()) > max_depth_)
      throw DataError(cat("cannot read '", origin_, "': nested deeper than ", max_depth_, " levels"));
    return true;
  }
  bool leave() {
    keys_.pop_back();
    return true;
  }

  const std::string& origin_;
  int max_depth_;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

json parse_json(std::string_view text, const std::string& origin, int max_depth) {
  StrictEvents events(origin, max_depth);
  try {
    json::sax_parse(text.begin(), text.end(), &events);
    return json::parse(text.begin(), text.end());
  } catch (const json::parse_error& e) {
    throw DataError(cat("cannot read '", origin, "': not valid JSON at ", place_in(text, e.byte)));
  } catch (const json::out_of_range&) {
    throw DataError(cat("cannot read '", origin, "': a number is out of range"));
  }
}

namespace {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

// The name of a type in messages, and whether a value has it.
template <class T>
constexpr const char* kTypeName = IsVector<T>::value ? "a list" : "an object";
template <>
constexpr const char* kTypeName<bool> = "true or false";
template <>
constexpr const char* kTypeName<int64_t> = "an integer";
template <>
constexpr const char* kTypeName<uint64_t> = "an integer of 0 or more";
template <>
constexpr const char* kTypeName<double> = "a number";
template <>
constexpr const char* kTypeName<std::string> = "a string";

template <class T>
bool is_a(const json& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value.is_boolean();
  } else if constexpr (std::is_same_v<T, int64_t>) {
    constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
    return value.is_number_integer() && !(value.is_number_unsigned() && value.get<uint64_t>() > kMax);
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    return value.is_number_unsigned();
  } else if constexpr (std::is_same_v<T, double>) {
    return value.is_number();
  } else if constexpr (std::is_same_v<T, std::string>) {
    return value.is_string();
  } else if constexpr (IsVector<T>::value) {
    return value.is_array();
  } else {
    return value.is_object();
  }
}

std::string path_below(const std::string& path, const std::string& key) {
  return path.empty() ? key : cat(path, ".", key);
}

}  // namespace

JsonObject::JsonObject() : value_(std::make_shared<const json>(json::object())), verb_("read") {}

JsonObject::JsonObject(json document, std::string origin, std::string verb)
    : value_(std::make_shared<const json>(std::move(document))), origin_(std::move(origin)), verb_(std::move(verb)) {
  if (!value_->is_object()) throw error("it is not a JSON object");
}

JsonObject::JsonObject(std::shared_ptr<const json> value, const JsonObject& parent, const std::string& path)
    : value_(std::move(value)), origin_(parent.origin_), verb_(parent.verb_), path_(path) {}

JsonObject JsonObject::parse(std::string_view text, const std::string& origin, int max_depth, const std::string& verb) {
  return {parse_json(text, origin, max_depth), origin, verb};
}

template <class T>
T JsonObject::convert(const json& value, const std::string& path) const {
  if (!is_a<T>(value)) throw error(cat("'", path, "' is not ", kTypeName<T>));
  if constexpr (IsVector<T>::value) {
    T all;
    for (size_t i = 0; i < value.size(); ++i)
      all.push_back(convert<typename T::value_type>(value[i], cat(path, "[", i, "]")));
    return all;
  } else if constexpr (std::is_same_v<T, JsonObject>) {
    return JsonObject(std::shared_ptr<const json>(value_, &value), *this, path);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return bytes_from_utf8(value.get_ref<const std::string&>());
  } else {
    return value.get<T>();
  }
}

const json* JsonObject::find(const std::string& key) const {
  read_.insert(key);
  const auto found = value_->find(key);
  return found == value_->end() ? nullptr : &*found;
}

template <class T>
T JsonObject::get(const std::string& key) const {
  const json* value = find(key);
  if (!value) throw error(cat("missing key '", path_below(path_, key), "'"));
  return convert<T>(*value, path_below(path_, key));
}

template <class T>
T JsonObject::get(const std::string& key, const T& otherwise) const {
  const json* value = find(key);
  return value && !value->is_null() ? convert<T>(*value, path_below(path_, key)) : otherwise;
}

template <class T>
T JsonObject::get_within(const std::string& key, const Range& range) const {
  const T value = get<T>(key);
  if (!range.holds(static_cast<double>(value)))
    throw error(cat("'", path_below(path_, key), "' is ", value, ", not in the range ", range.text()));
  return value;
}
template int64_t JsonObject::get_within(const std::string&, const Range&) const;
template double JsonObject::get_within(const std::string&, const Range&) const;

bool JsonObject::contains(const std::string& key) const { return value_->contains(key); }

bool JsonObject::has(const std::string& key) const {
  const auto found = value_->find(key);
  return found != value_->end() && !found->is_null();
}

bool JsonObject::is_object(const std::string& key) const { return contains(key) && value_->at(key).is_object(); }
bool JsonObject::is_list(const std::string& key) const { return contains(key) && value_->at(key).is_array(); }

std::vector<std::string> JsonObject::keys() const {
  std::vector<std::string> names;
  for (const auto& [key, value] : value_->items()) names.push_back(key);
  return names;
}

void JsonObject::refuse_unread() const {
  for (const auto& [key, value] : value_->items())
    if (!read_.contains(key))
      throw error(cat("unknown key '", path_below(path_, key), "'", did_you_mean({read_.begin(), read_.end()}, key)));
}

DataError JsonObject::error(const std::string& why) const {
  return DataError(cat("cannot ", verb_, " '", origin_, "': ", why));
}

DataError JsonObject::wrong(const std::string& key, const std::string& what) const {
  return error(cat("'", path_below(path_, key), "' is not ", what));
}

// All types that get() is for.
#define SR3_JSON_TYPE(...)                                            \
  template __VA_ARGS__ JsonObject::get(const std::string& key) const; \
  template __VA_ARGS__ JsonObject::get(const std::string& key, const __VA_ARGS__& otherwise) const;
SR3_JSON_TYPE(bool)
SR3_JSON_TYPE(int64_t)
SR3_JSON_TYPE(uint64_t)
SR3_JSON_TYPE(double)
SR3_JSON_TYPE(std::string)
SR3_JSON_TYPE(JsonObject)
SR3_JSON_TYPE(std::vector<int64_t>)
SR3_JSON_TYPE(std::vector<uint64_t>)
SR3_JSON_TYPE(std::vector<double>)
SR3_JSON_TYPE(std::vector<std::string>)
SR3_JSON_TYPE(std::vector<JsonObject>)
#undef SR3_JSON_TYPE

}  // namespace sr3
