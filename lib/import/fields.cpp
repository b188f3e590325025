#include "import/fields.h"

#include "base/error.h"
#include "base/file.h"
#include "format/json.h"

namespace sr3 {

using nlohmann::json;

namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 22;
constexpr int kMaxDepth = 16;

// No size or count of theirs is beyond this; a larger one would only overflow what is made of it.
constexpr int64_t kMaxWhole = int64_t{1} << 31;

bool is_whole(const json& value) {
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() > kMaxWhole)) return false;
  return value.get<int64_t>() >= -kMaxWhole && value.get<int64_t>() <= kMaxWhole;
}

// From "//" to the end of the line, but not within a string.
void blank_comments(std::string& text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text.compare(i, 2, "//") == 0) {
      while (i < text.size() && text[i] != '\n') text[i++] = ' ';
    }
  }
}

}  // namespace

Fields::Fields(const json& object, std::string origin, std::string path)
    : object_(object), origin_(std::move(origin)), path_(std::move(path)) {
  if (!object_.is_object()) throw DataError(cat("cannot use '", origin_, "': it is not a JSON object"));
}

void Fields::wrong(const std::string& key, const char* what) const {
  throw DataError(cat("cannot use '", origin_, "': '", path_, key, "' is not ", what));
}

const json* Fields::find(const std::string& key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

bool Fields::given(const std::string& key) const { return object_.contains(key); }

bool Fields::has(const std::string& key) const { return find(key) != nullptr; }

std::string Fields::word(const std::string& key, const std::string& otherwise) const {
  const json* value = find(key);
  if (value && !value->is_string()) wrong(key, "a text");
  return value ? value->get<std::string>() : otherwise;
}

bool Fields::flag(const std::string& key, bool otherwise) const {
  const json* value = find(key);
  if (value && !value->is_boolean()) wrong(key, "true or false");
  return value ? value->get<bool>() : otherwise;
}

int64_t Fields::whole(const std::string& key, int64_t otherwise) const {
  const json* value = find(key);
  if (value && !is_whole(*value)) wrong(key, "a whole number");
  return value ? value->get<int64_t>() : otherwise;
}

int64_t Fields::side(const std::string& key) const {
  const json* value = find(key);
  if (!value || !value->is_array()) return whole(key, 0);
  const auto sides = wholes(key, {});
  if (sides.size() != 2 || sides[0] != sides[1]) wrong(key, "a whole number, or a square's two");
  return sides[0];
}

double Fields::number(const std::string& key, double otherwise) const {
  const json* value = find(key);
  if (value && !value->is_number()) wrong(key, "a number");
  return value ? value->get<double>() : otherwise;
}

template <class T, class Is>
std::vector<T> Fields::list(const std::string& key, const char* what, Is is) const {
  std::vector<T> all;
  const json* value = find(key);
  if (!value) return all;
  if (!value->is_array()) wrong(key, what);
  for (const json& item : *value) {
    if (!is(item)) wrong(key, what);
    all.push_back(item.get<T>());
  }
  return all;
}

std::vector<int64_t> Fields::wholes(const std::string& key, const std::vector<int64_t>& otherwise) const {
  return has(key) ? list<int64_t>(key, "a list of whole numbers", is_whole) : otherwise;
}

std::vector<double> Fields::numbers(const std::string& key) const {
  return list<double>(key, "a list of numbers", [](const json& item) { return item.is_number(); });
}

std::vector<std::string> Fields::words(const std::string& key, const std::vector<std::string>& otherwise) const {
  if (!has(key)) return otherwise;
  return list<std::string>(key, "a list of words", [](const json& item) { return item.is_string(); });
}

Fields Fields::section(const std::string& key) const {
  const json* value = find(key);
  if (value && !value->is_object()) wrong(key, "an object");
  return {value ? *value : json::object(), origin_, path_ + key + "."};
}

Fields parse_fields(std::string text, const std::string& origin, bool comments) {
  if (comments) blank_comments(text);
  return {parse_json(text, origin, kMaxDepth), origin};
}

Fields read_fields(const std::string& path, bool comments) {
  return parse_fields(read_text(path, kMaxBytes), path, comments);
}

}  // namespace sr3
