// JSON, read strictly: this is what our own files and other projects' headers are held to. The header declares the JSON
// library's types without defining them, because its own header takes seconds to compile: who reads JSON needs only
// JsonObject, who makes or walks a document includes <nlohmann/json.hpp>.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/range.h"

namespace sr3 {

// Parses a document. Throws DataError "cannot read 'origin': ..." for a syntax error (with its line and column), invalid UTF-8, a
// key that an object has twice, a number out of range, and nesting deeper than max_depth (an object within the outermost
// one has depth 2).
nlohmann::json parse_json(std::string_view text, const std::string& origin, int max_depth);

// Whether a text is UTF-8 without control characters, as names in JSON lines and in tables separated by tabs must be.
bool is_plain_text(std::string_view text);

// Both write strings of any bytes, such as names of files: as utf8_from_bytes of base/utf8.h. JsonObject reverses that.
// A document on one line.
std::string compact_json(const nlohmann::ordered_json& value);
// A document for people: indented by two spaces, lists of plain values on one line, with a final newline.
std::string readable_json(const nlohmann::ordered_json& value);

// An object of a document, whose values are read key by key and checked. Every error is a DataError that names the
// document and the key, such as "cannot read 'x.json': 'network.blocks[1]' is not an integer". Copies and nested objects
// share the document.
class JsonObject {
 public:
  JsonObject();  // without keys
  // `verb` is the word of the messages: "cannot <verb> 'origin': ...". DataError if the document is not an object.
  JsonObject(nlohmann::json document, std::string origin, std::string verb = "read");
  static JsonObject parse(std::string_view text, const std::string& origin, int max_depth,
                          const std::string& verb = "read");

  // The value of a key. T is bool, int64_t, uint64_t, double, std::string, JsonObject, or a vector of one of these but
  // bool. DataError if the key is missing or its value has another type; nothing is converted or wraps around, except
  // that an integer is a number.
  template <class T>
  T get(const std::string& key) const;
  // `otherwise` if the key is missing or null.
  template <class T>
  T get(const std::string& key, const T& otherwise) const;
  // A number (int64_t or double) in a range; DataError if it is outside.
  template <class T>
  T get_within(const std::string& key, const Range& range) const;

  bool contains(const std::string& key) const;  // null too
  bool has(const std::string& key) const;       // and not null
  bool is_object(const std::string& key) const;
  bool is_list(const std::string& key) const;
  std::vector<std::string> keys() const;

  // DataError if there is a key that was not read from this JsonObject, unless it is to be ignored.
  void refuse_unread() const;
  void ignore(const std::string& key) const { read_.insert(key); }

  // For messages about the document, and about one key of it: "'network.blocks' is not " + what.
  DataError error(const std::string& why) const;
  DataError wrong(const std::string& key, const std::string& what) const;
  const std::string& origin() const { return origin_; }
  const nlohmann::json& value() const { return *value_; }

 private:
  JsonObject(std::shared_ptr<const nlohmann::json> value, const JsonObject& parent, const std::string& path);
  const nlohmann::json* find(const std::string& key) const;
  template <class T>
  T convert(const nlohmann::json& value, const std::string& path) const;

  std::shared_ptr<const nlohmann::json> value_;
  std::string origin_, verb_, path_;
  mutable std::set<std::string> read_;  // the keys that were asked for
};

}  // namespace sr3
