// JSON with the line of each value, for documents that people write by hand: errors name the line and the key.
// As strict as format/json.h, which belongs to the side that needs libtorch: UTF-8, no key twice, no deep nesting.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sr3 {

struct LocatedJson {
  enum class Type { kNull, kBoolean, kNumber, kString, kList, kObject };
  Type type = Type::kNull;
  int64_t line = 1;  // where the value begins; a member's, where its key is
  bool boolean = false;
  double number = 0;
  std::string text = {};
  std::vector<std::string> keys = {};   // of an object, in the order of the document
  std::vector<LocatedJson> items = {};  // of a list; of an object, one for each key

  const LocatedJson* find(std::string_view key) const;  // nullptr without this key
};

// Parses a document. DataError, prefix + "line 3: ...", for what is not JSON, for a key that an object has twice, and for
// nesting deeper than max_depth.
LocatedJson parse_located_json(std::string_view text, const std::string& prefix, int max_depth);

// The value on one line, with a space after each colon and comma: {"do": "jpeg", "quality": [30, 95]}
std::string json_line(const LocatedJson& value);

}  // namespace sr3
