#include "stage/binder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/closest_word.h"
#include "base/error.h"
#include "format/json.h"

namespace sr3 {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

std::string joined(const Binder::Words& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : "|") + word;
  return all;
}

// Where in the document a binder is: "network.level", "history[2]".
class Path {
 public:
  std::string of(const char* key) const { return parts_.empty() ? key : cat(parts_.back(), ".", key); }
  std::string of(size_t i) const { return cat(parts_.back(), "[", i, "]"); }
  std::string top() const { return parts_.back(); }
  void push(std::string path) { parts_.push_back(std::move(path)); }
  void pop() { parts_.pop_back(); }

 private:
  std::vector<std::string> parts_;
};

class Describer : public Binder {
 public:
  std::vector<KeyDescription> keys;

  void field(const char* key, std::string&, const Words& words) override { add(key, "string", joined(words)); }
  void text_or_integer(const char* key, std::string&) override { add(key, "string or integer", ""); }
  void embedded(const char* key, std::string&, const char* type) override { add(key, type, ""); }
  void field(const char* key, bool&) override { add(key, "boolean", ""); }
  void field(const char* key, int64_t&, const Range& range) override { add(key, "integer", range.text()); }
  void field(const char* key, double&, const Range& range) override { add(key, "number", range.text()); }
  void field(const char* key, std::vector<std::string>&) override { add(key, "strings", ""); }
  void field(const char* key, std::vector<int64_t>&, const Range& range) override {
    add(key, "integers", range.text());
  }
  void field(const char* key, std::vector<double>&, const Range& range) override { add(key, "numbers", range.text()); }

 protected:
  void enter(const char* key) override { path_.push(path_.of(key)); }
  size_t enter_list(const char* key, size_t) override {
    path_.push(path_.of(key) + "[]");
    return 1;
  }
  void enter_item(size_t) override { path_.push(path_.top()); }
  void leave() override { path_.pop(); }

 private:
  void add(const char* key, const char* type, std::string range) {
    keys.push_back({path_.of(key), type, std::move(range)});
  }
  Path path_;
};

class KeyReader : public Binder {
 public:
  explicit KeyReader(const JsonObject& document) : open_{{document, {}}} {}

  void field(const char* key, std::string& value, const Words&) override { get(key, value); }
  void text_or_integer(const char* key, std::string& value) override {
    const JsonObject& here = open_.back().object;
    const auto found = here.value().find(key);
    if (found == here.value().end() || found->is_string())
      value = here.get<std::string>(key);
    else if (found->is_number_integer())
      value = std::to_string(here.get<int64_t>(key));
    else
      throw here.wrong(key, "a string or an integer");
  }
  void embedded(const char* key, std::string& value, const char*) override {
    const json& here = open_.back().object.value();
    const auto found = here.find(key);
    value = found == here.end() ? "" : found->dump();
  }
  void field(const char* key, bool& value) override { get(key, value); }
  void field(const char* key, int64_t& value, const Range&) override { get(key, value); }
  void field(const char* key, double& value, const Range&) override { get(key, value); }
  void field(const char* key, std::vector<std::string>& value) override { get(key, value); }
  void field(const char* key, std::vector<int64_t>& value, const Range&) override { get(key, value); }
  void field(const char* key, std::vector<double>& value, const Range&) override { get(key, value); }

 protected:
  bool has(const char* key) override { return open_.back().object.has(key); }
  void enter(const char* key) override { open_.push_back({open_.back().object.get<JsonObject>(key), {}}); }
  size_t enter_list(const char* key, size_t) override {
    open_.push_back({{}, open_.back().object.get<std::vector<JsonObject>>(key)});
    return open_.back().items.size();
  }
  void enter_item(size_t i) override { open_.push_back({open_.back().items[i], {}}); }
  void leave() override { open_.pop_back(); }

 private:
  template <class T>
  void get(const char* key, T& value) {
    value = open_.back().object.get<T>(key);
  }

  struct Open {
    JsonObject object;
    std::vector<JsonObject> items;  // of a list of objects, which has no object
  };
  std::vector<Open> open_;  // the document, and the sections and lists that were entered in it
};

class Checker : public Binder {
 public:
  explicit Checker(const std::string& prefix) : prefix_(prefix) {}

  void field(const char* key, std::string& value, const Words& words) override {
    if (!words.empty() && std::find(words.begin(), words.end(), value) == words.end())
      throw DataError(cat(prefix_, "'", path_.of(key), "' is '", value, "', not one of ", joined(words)));
  }
  void text_or_integer(const char*, std::string&) override {}
  void embedded(const char*, std::string&, const char*) override {}
  void field(const char*, bool&) override {}
  void field(const char* key, int64_t& value, const Range& range) override {
    check(path_.of(key), static_cast<double>(value), range);
  }
  void field(const char* key, double& value, const Range& range) override { check(path_.of(key), value, range); }
  void field(const char*, std::vector<std::string>&) override {}
  void field(const char* key, std::vector<int64_t>& value, const Range& range) override {
    check_all(key, value, range);
  }
  void field(const char* key, std::vector<double>& value, const Range& range) override { check_all(key, value, range); }

 protected:
  void enter(const char* key) override { path_.push(path_.of(key)); }
  size_t enter_list(const char* key, size_t size) override {
    path_.push(path_.of(key));
    return size;
  }
  void enter_item(size_t i) override { path_.push(path_.of(i)); }
  void leave() override { path_.pop(); }

 private:
  void check(const std::string& path, double value, const Range& range) const {
    if (!range.holds(value))
      throw DataError(cat(prefix_, "'", path, "' is ", value, ", not in the range ", range.text()));
  }
  template <class T>
  void check_all(const char* key, const std::vector<T>& values, const Range& range) const {
    for (size_t i = 0; i < values.size(); ++i)
      check(cat(path_.of(key), "[", i, "]"), static_cast<double>(values[i]), range);
  }

  std::string prefix_;
  Path path_;
};

class KeyWriter : public Binder {
 public:
  ordered_json root = ordered_json::object();

  void field(const char* key, std::string& value, const Words&) override { here()[key] = value; }
  void text_or_integer(const char* key, std::string& value) override { here()[key] = value; }
  void embedded(const char* key, std::string& value, const char*) override {
    if (!value.empty()) here()[key] = ordered_json::parse(value);
  }
  void field(const char* key, bool& value) override { here()[key] = value; }
  void field(const char* key, int64_t& value, const Range&) override { here()[key] = value; }
  void field(const char* key, double& value, const Range&) override { here()[key] = value; }
  void field(const char* key, std::vector<std::string>& value) override { here()[key] = value; }
  void field(const char* key, std::vector<int64_t>& value, const Range&) override { here()[key] = value; }
  void field(const char* key, std::vector<double>& value, const Range&) override { here()[key] = value; }

 protected:
  // Members of an object move when it grows, so a child is built apart and put in its place when it is left.
  void enter(const char* key) override { open_.push_back({key, ordered_json::object()}); }
  size_t enter_list(const char* key, size_t size) override {
    open_.push_back({key, ordered_json::array()});
    return size;
  }
  void enter_item(size_t) override { open_.push_back({"", ordered_json::object()}); }
  void leave() override {
    auto [key, value] = std::move(open_.back());
    open_.pop_back();
    if (here().is_array())
      here().push_back(std::move(value));
    else
      here()[key] = std::move(value);
  }

 private:
  ordered_json& here() { return open_.empty() ? root : open_.back().second; }
  std::vector<std::pair<std::string, ordered_json>> open_;
};

// The names that known keys have directly below a path.
std::vector<std::string> names_below(const std::string& path, const std::set<std::string>& known) {
  const std::string prefix = path.empty() ? "" : path + ".";
  std::vector<std::string> names;
  for (auto at = known.lower_bound(prefix); at != known.end() && at->starts_with(prefix); ++at)
    names.push_back(at->substr(prefix.size(), at->find_first_of(".[", prefix.size()) - prefix.size()));
  return names;
}

// Unknown keys come first: a misspelt key is missing too, and its own name tells more.
void refuse_unknown(const json& node, const std::string& path, const std::string& shown,
                    const std::set<std::string>& known, const JsonObject& document) {
  if (node.is_array()) {
    for (size_t i = 0; i < node.size(); ++i)
      refuse_unknown(node[i], path + "[]", cat(shown, "[", i, "]"), known, document);
  } else if (node.is_object()) {
    for (const auto& [key, value] : node.items()) {
      const std::string below = path.empty() ? key : cat(path, ".", key),
                        name = shown.empty() ? key : cat(shown, ".", key);
      const auto next = known.lower_bound(below);
      const bool leaf = next != known.end() && *next == below;
      const auto starts = [&](const char* sign) {
        const auto at = known.lower_bound(below + sign);
        return at != known.end() && at->starts_with(below + sign);
      };
      if (!leaf && !starts(".") && !starts("[]"))
        throw document.error(cat("unknown key '", name, "'", did_you_mean(names_below(path, known), key)));
      if (!leaf) refuse_unknown(value, below, name, known, document);
    }
  }
}

}  // namespace

std::vector<KeyDescription> describe_keys(const Declaration& bind) {
  Describer describer;
  bind(describer);
  return describer.keys;
}

void read_keys(const JsonObject& document, const Declaration& bind) {
  std::set<std::string> known;
  for (const KeyDescription& key : describe_keys(bind)) known.insert(key.name);
  refuse_unknown(document.value(), "", "", known, document);
  KeyReader reader(document);
  bind(reader);
}

void check_keys(const Declaration& bind, const std::string& prefix) {
  Checker checker(prefix);
  bind(checker);
}

ordered_json write_keys(const Declaration& bind) {
  KeyWriter writer;
  bind(writer);
  return std::move(writer.root);
}

}  // namespace sr3
