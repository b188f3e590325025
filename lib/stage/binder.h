// One declaration of a struct's keys; reading, writing, checking and the list of keys for stage-manifest(5) all follow it.
//
//   void bind(Binder& b, ScheduleOptions& o) {
//     b.field("steps", o.steps, at_least(1));
//   }
//
// The declarations are in manifest_keys.cpp. Every key is required, except for the sections and keys that were added after stages
// had been trained, and no other is taken.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/range.h"

namespace sr3 {

class JsonObject;

class Binder {
 public:
  using Words = std::vector<std::string>;  // the values a string may have; none: any

  virtual ~Binder() = default;
  virtual void field(const char* key, std::string& value, const Words& words = {}) = 0;
  // Text for which a whole number may stand: "steps": 25 is "steps": "25", which is how it is written.
  virtual void text_or_integer(const char* key, std::string& value) = 0;
  // JSON of another format, as text: `type` names it in the page. The key may be missing; the text is then empty.
  virtual void embedded(const char* key, std::string& value, const char* type) = 0;
  virtual void field(const char* key, bool& value) = 0;
  virtual void field(const char* key, int64_t& value, const Range& range) = 0;
  virtual void field(const char* key, double& value, const Range& range) = 0;
  virtual void field(const char* key, std::vector<std::string>& value) = 0;
  virtual void field(const char* key, std::vector<int64_t>& value, const Range& range) = 0;
  virtual void field(const char* key, std::vector<double>& value, const Range& range) = 0;

  template <class T>
  void section(const char* key, T& value, void (*bind)(Binder&, T&)) {
    enter(key);
    bind(*this, value);
    leave();
  }
  // A section that may be missing; the value is then unchanged.
  template <class T>
  void optional_section(const char* key, T& value, void (*bind)(Binder&, T&)) {
    if (has(key)) section(key, value, bind);
  }
  template <class T>
  void list(const char* key, std::vector<T>& values, void (*bind)(Binder&, T&)) {
    values.resize(enter_list(key, values.size()));
    for (size_t i = 0; i < values.size(); ++i) {
      enter_item(i);
      bind(*this, values[i]);
      leave();
    }
    leave();
  }

 protected:
  virtual bool has(const char*) { return true; }
  virtual void enter(const char* key) = 0;
  virtual size_t enter_list(const char* key, size_t size) = 0;  // how many items there are to be
  virtual void enter_item(size_t i) = 0;
  virtual void leave() = 0;
};

struct StageManifest;
struct CascadeManifest;
struct HistoryEntry;
void bind(Binder& binder, StageManifest& manifest);
void bind(Binder& binder, CascadeManifest& manifest);
void bind_history(Binder& binder, HistoryEntry& entry);

// The four things done with the declarations of a document, StageManifest or CascadeManifest.
using Declaration = std::function<void(Binder&)>;
// Reads the values. DataError for keys that are unknown or missing, and for values of another type.
void read_keys(const JsonObject& document, const Declaration& bind);
// DataError for strings and numbers outside of what their fields allow; prefix starts it: "cannot use 'x.json': ".
void check_keys(const Declaration& bind, const std::string& prefix);
nlohmann::ordered_json write_keys(const Declaration& bind);

struct KeyDescription {
  std::string name;   // "network.level.input", "history[].program"
  std::string type;   // string|string or integer|TYPE of embedded()|boolean|integer|number|strings|integers|numbers
  std::string range;  // Range::text(), words joined by "|", or ""
};
std::vector<KeyDescription> describe_keys(const Declaration& bind);

// A document that is visited: binders take what they visit by reference, to change it.
template <class Manifest>
Declaration declaration_of(Manifest& manifest) {
  return [&manifest](Binder& binder) { bind(binder, manifest); };
}

}  // namespace sr3
