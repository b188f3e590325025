#include "stage/binder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"

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
  KeyReader(const json& root, const std::string& prefix) : prefix_(prefix), nodes_{&root} {}

  void field(const char* key, std::string& value, const Words&) override {
    value = typed(key, "a string", &json::is_string).get<std::string>();
  }
  void field(const char* key, bool& value) override {
    value = typed(key, "true or false", &json::is_boolean).get<bool>();
  }
  void field(const char* key, int64_t& value, const Range&) override { value = integer(at(key), path_.of(key)); }
  void field(const char* key, double& value, const Range&) override { value = number(at(key), path_.of(key)); }
  void field(const char* key, std::vector<std::string>& value) override {
    each(key, value, [this](const json& item, const std::string& path) {
      if (!item.is_string()) throw wrong(path, "a string");
      return item.get<std::string>();
    });
  }
  void field(const char* key, std::vector<int64_t>& value, const Range&) override {
    each(key, value, [this](const json& item, const std::string& path) { return integer(item, path); });
  }
  void field(const char* key, std::vector<double>& value, const Range&) override {
    each(key, value, [this](const json& item, const std::string& path) { return number(item, path); });
  }

 protected:
  void enter(const char* key) override {
    const json& node = typed(key, "an object", &json::is_object);
    path_.push(path_.of(key));
    nodes_.push_back(&node);
  }
  size_t enter_list(const char* key, size_t) override {
    const json& node = typed(key, "a list", &json::is_array);
    path_.push(path_.of(key));
    nodes_.push_back(&node);
    return node.size();
  }
  void enter_item(size_t i) override {
    const json& node = (*nodes_.back())[i];
    if (!node.is_object()) throw wrong(path_.of(i), "an object");
    path_.push(path_.of(i));
    nodes_.push_back(&node);
  }
  void leave() override {
    path_.pop();
    nodes_.pop_back();
  }

 private:
  DataError wrong(const std::string& path, const char* what) const {
    return DataError(cat(prefix_, "'", path, "' is not ", what));
  }
  const json& at(const char* key) const {
    const auto found = nodes_.back()->find(key);
    if (found == nodes_.back()->end()) throw DataError(cat(prefix_, "missing key '", path_.of(key), "'"));
    return *found;
  }
  const json& typed(const char* key, const char* what, bool (json::*is)() const noexcept) const {
    const json& value = at(key);
    if (!(value.*is)()) throw wrong(path_.of(key), what);
    return value;
  }
  int64_t integer(const json& value, const std::string& path) const {
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() >> 63))
      throw wrong(path, "an integer");
    return value.get<int64_t>();
  }
  double number(const json& value, const std::string& path) const {
    if (!value.is_number()) throw wrong(path, "a number");
    return value.get<double>();
  }
  template <class T, class Convert>
  void each(const char* key, std::vector<T>& value, Convert convert) {
    const json& list = typed(key, "a list", &json::is_array);
    value.clear();
    for (size_t i = 0; i < list.size(); ++i) value.push_back(convert(list[i], cat(path_.of(key), "[", i, "]")));
  }

  std::string prefix_;
  std::vector<const json*> nodes_;
  Path path_;
};

class Checker : public Binder {
 public:
  explicit Checker(const std::string& prefix) : prefix_(prefix) {}

  void field(const char* key, std::string& value, const Words& words) override {
    if (!words.empty() && std::find(words.begin(), words.end(), value) == words.end())
      throw DataError(cat(prefix_, "'", path_.of(key), "' is '", value, "', not one of ", joined(words)));
  }
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

// Unknown keys come first: a misspelt key is missing too, and its own name tells more.
void refuse_unknown(const json& node, const std::string& path, const std::string& shown,
                    const std::set<std::string>& known, const std::string& prefix) {
  if (node.is_array()) {
    for (size_t i = 0; i < node.size(); ++i)
      refuse_unknown(node[i], path + "[]", cat(shown, "[", i, "]"), known, prefix);
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
      if (!leaf && !starts(".") && !starts("[]")) throw DataError(cat(prefix, "unknown key '", name, "'"));
      if (!leaf) refuse_unknown(value, below, name, known, prefix);
    }
  }
}

}  // namespace

std::vector<KeyDescription> describe_keys(const Declaration& bind) {
  Describer describer;
  bind(describer);
  return describer.keys;
}

void read_keys(const json& json, const Declaration& bind, const std::string& prefix) {
  if (!json.is_object()) throw DataError(cat(prefix, "it is not a JSON object"));
  std::set<std::string> known;
  for (const KeyDescription& key : describe_keys(bind)) known.insert(key.name);
  refuse_unknown(json, "", "", known, prefix);
  KeyReader reader(json, prefix);
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
