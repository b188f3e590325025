#include "degrade/located_json.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/options.h"

namespace sr3 {
namespace {

using nlohmann::json;

// Counts the lines of what has been read. The parser copies iterators, so the count is elsewhere.
class LineIterator {
 public:
  using difference_type = std::ptrdiff_t;
  using value_type = char;
  using pointer = const char*;
  using reference = const char&;
  using iterator_category = std::forward_iterator_tag;

  LineIterator() = default;
  LineIterator(const char* at, int64_t* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  LineIterator& operator++() {
    *line_ += *at_++ == '\n';
    return *this;
  }
  LineIterator operator++(int) {
    LineIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const LineIterator& other) const { return at_ == other.at_; }
  bool operator!=(const LineIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_ = nullptr;
  int64_t* line_ = nullptr;
};

// Builds the document from the parser's events. After a key, and after a bracket that opens, the parser has read no further; after
// a number it has read one character more. So values in an object have the line of their key, and others that of the bracket.
class DocumentBuilder : public nlohmann::json_sax<json> {
 public:
  DocumentBuilder(const std::string& prefix, int max_depth, const int64_t& line)
      : prefix_(prefix), max_depth_(max_depth), line_(line) {}

  LocatedJson root;

  bool null() override { return add({.type = LocatedJson::Type::kNull}); }
  bool boolean(bool value) override { return add({.type = LocatedJson::Type::kBoolean, .boolean = value}); }
  bool number_integer(json::number_integer_t value) override { return add_number(static_cast<double>(value)); }
  bool number_unsigned(json::number_unsigned_t value) override { return add_number(static_cast<double>(value)); }
  bool number_float(json::number_float_t value, const std::string&) override { return add_number(value); }
  bool string(std::string& value) override { return add({.type = LocatedJson::Type::kString, .text = value}); }
  bool binary(json::binary_t&) override { return true; }
  bool start_object(size_t) override { return open(LocatedJson::Type::kObject); }
  bool start_array(size_t) override { return open(LocatedJson::Type::kList); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    LocatedJson& object = *open_.back();
    if (object.find(name)) throw wrong(cat("the key '", name, "' appears twice"));
    object.keys.push_back(name);
    key_line_ = line_;
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    if (dynamic_cast<const json::out_of_range*>(&error)) throw wrong("a number is out of range");
    throw wrong("it is not valid JSON");
  }

 private:
  DataError wrong(const std::string& what) const { return DataError(cat(prefix_, "line ", line_, ": ", what)); }
  bool add_number(double value) { return add({.type = LocatedJson::Type::kNumber, .number = value}); }
  bool add(LocatedJson value) {
    const bool member = !open_.empty() && open_.back()->type == LocatedJson::Type::kObject;
    const bool bracket = value.type == LocatedJson::Type::kObject || value.type == LocatedJson::Type::kList;
    value.line = member ? key_line_ : bracket || open_.empty() ? line_ : open_.back()->line;
    LocatedJson& place = open_.empty() ? root : open_.back()->items.emplace_back();
    place = std::move(value);
    return true;
  }
  // Pointers to items stay valid: an item is only added after the one before it was closed.
  bool open(LocatedJson::Type type) {
    if (static_cast<int>(open_.size()) >= max_depth_) throw wrong(cat("nested deeper than ", max_depth_, " levels"));
    add({.type = type});
    open_.push_back(open_.empty() ? &root : &open_.back()->items.back());
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  const std::string& prefix_;
  int max_depth_;
  const int64_t& line_;
  int64_t key_line_ = 1;
  std::vector<LocatedJson*> open_;
};

}  // namespace

const LocatedJson* LocatedJson::find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &items[static_cast<size_t>(found - keys.begin())];
}

LocatedJson parse_located_json(std::string_view text, const std::string& prefix, int max_depth) {
  int64_t line = 1;
  DocumentBuilder builder(prefix, max_depth, line);
  const LineIterator begin(text.data(), &line), end(text.data() + text.size(), &line);
  json::sax_parse(begin, end, &builder);
  return std::move(builder.root);
}

std::string json_line(const LocatedJson& value) {
  using Type = LocatedJson::Type;
  std::string text;
  switch (value.type) {
    case Type::kNull:
      return "null";
    case Type::kBoolean:
      return value.boolean ? "true" : "false";
    case Type::kNumber:
      return number_text(value.number);
    case Type::kString:
      return json(value.text).dump();
    case Type::kList:
      for (const LocatedJson& item : value.items) text += (text.empty() ? "" : ", ") + json_line(item);
      return "[" + text + "]";
    case Type::kObject:
      for (size_t i = 0; i < value.keys.size(); ++i)
        text += cat(text.empty() ? "" : ", ", json(value.keys[i]).dump(), ": ", json_line(value.items[i]));
      return "{" + text + "}";
  }
  return text;
}

}  // namespace sr3
