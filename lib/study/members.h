// Members of a JSON object, read strictly: each exactly once, of its type, and no others.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/range.h"

namespace sr3 {

class Members {
 public:
  // where: for messages, "study.json" or "answers/1.jsonl, line 3".
  Members(const nlohmann::json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) throw DataError(cat("cannot read '", where_, "': not a JSON object"));
  }

  template <class T>
  void take(const char* key, T& to) {
    const auto found = object_.find(key);
    if (found == object_.end()) throw DataError(cat("cannot read '", where_, "': '", key, "' is missing"));
    if (!fits(*found, to)) throw DataError(cat("cannot read '", where_, "': '", key, "' is of the wrong kind"));
    found->get_to(to);
    ++taken_;
  }
  template <class T>
  void take_maybe(const char* key, T& to) {
    if (object_.contains(key)) take(key, to);
  }
  template <class T>
  void take(const char* key, T& to, const Range& range) {
    take(key, to);
    if (!range.holds(static_cast<double>(to)))
      throw DataError(cat("cannot read '", where_, "': '", key, "' is ", to, ", not in the range ", range.text()));
  }
  // Throws when there are members that nobody took.
  void done() const {
    if (taken_ != object_.size()) throw DataError(cat("cannot read '", where_, "': it has unknown members"));
  }
  const std::string& where() const { return where_; }

 private:
  using Json = nlohmann::json;
  static bool fits(const Json& v, const std::string&) { return v.is_string(); }
  static bool fits(const Json& v, bool) { return v.is_boolean(); }
  // A whole number beyond the type would wrap around.
  static bool fits(const Json& v, int64_t) {
    return v.is_number_unsigned() ? v.get<uint64_t>() <= INT64_MAX : v.is_number_integer();
  }
  static bool fits(const Json& v, uint64_t) { return v.is_number_unsigned(); }
  static bool fits(const Json& v, double) { return v.is_number(); }
  static bool fits(const Json& v, const Json&) { return true; }
  static bool fits(const Json& v, const std::vector<std::string>&) {
    if (!v.is_array()) return false;
    for (const Json& item : v)
      if (!item.is_string()) return false;
    return true;
  }

  const nlohmann::json& object_;
  std::string where_;
  size_t taken_ = 0;
};

}  // namespace sr3
