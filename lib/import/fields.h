// Other projects' JSON: keys that may be missing, with the project's own defaults, and more keys than we know.
// Unlike our manifests (stage/binder.h), which are strict both ways.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sr3 {

class Fields {
 public:
  // origin: the file, for messages. DataError when it is no object.
  Fields(const nlohmann::json& object, std::string origin, std::string path = "");

  bool has(const std::string& key) const;    // and it is not null
  bool given(const std::string& key) const;  // null too
  // DataError "cannot use 'config.json': 'x' is not a number" when it is there, and neither null nor of this type.
  std::string word(const std::string& key, const std::string& otherwise) const;
  bool flag(const std::string& key, bool otherwise) const;
  int64_t whole(const std::string& key, int64_t otherwise) const;
  int64_t side(const std::string& key) const;  // a whole number, or a pair of equal ones; 0 when it is missing
  double number(const std::string& key, double otherwise) const;
  std::vector<int64_t> wholes(const std::string& key, const std::vector<int64_t>& otherwise) const;
  std::vector<double> numbers(const std::string& key) const;  // empty when it is missing
  std::vector<std::string> words(const std::string& key, const std::vector<std::string>& otherwise) const;
  Fields section(const std::string& key) const;  // empty when it is missing

  const std::string& origin() const { return origin_; }

 private:
  const nlohmann::json* find(const std::string& key) const;
  template <class T, class Is>
  std::vector<T> list(const std::string& key, const char* what, Is is) const;
  [[noreturn]] void wrong(const std::string& key, const char* what) const;

  nlohmann::json object_;
  std::string origin_, path_;
};

// The file as JSON, with "//" comments when it may have them.
Fields read_fields(const std::string& path, bool comments);
// The same of a text; origin is for messages.
Fields parse_fields(std::string text, const std::string& origin, bool comments);

}  // namespace sr3
