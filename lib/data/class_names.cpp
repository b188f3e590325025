#include "data/class_names.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "stream/frame.h"

namespace sr3 {
namespace {

constexpr size_t kMaxShown = 10;
constexpr uint64_t kMaxNames = uint64_t{1} << 22;  // bytes

bool is_part_of_data_set(std::string name) {
  static const std::set<std::string> kParts = {"train",      "training", "test",  "testing", "val",
                                               "validation", "dev",      "valid", "eval",    "evaluation"};
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return kParts.contains(name);
}

// The part that a longer name tells, as "train2017", "val_images" and "DIV2K_train_HR" do: its only word among those; or nothing.
std::string part_named(const std::string& name) {
  std::string word, part;
  for (size_t i = 0; i <= name.size(); ++i) {
    if (i < name.size() && std::isalpha(static_cast<unsigned char>(name[i])) != 0) {
      word += name[i];
      continue;
    }
    if (is_part_of_data_set(word)) part = word;
    word.clear();
  }
  return part;
}

bool are_parts_of_data_set(const std::vector<std::string>& names) {
  if (!names.empty() && std::all_of(names.begin(), names.end(), is_part_of_data_set)) return true;
  // Beside them a data set may have other folders with images: docs, figures.
  if (std::count_if(names.begin(), names.end(), is_part_of_data_set) > 1) return true;
  std::set<std::string> parts;  // classes such as "steam train" and "electric train" tell one part only
  for (const std::string& name : names) parts.insert(part_named(name));
  return parts.size() > 1 && !parts.contains("");
}

}  // namespace

std::vector<std::string> class_folder_names(const std::vector<std::string>& classes) {
  std::vector<std::string> folders(classes.size());
  std::set<std::string> taken;
  std::map<std::string, int> uses;
  for (size_t i = 0; i < classes.size(); ++i) {
    const std::string clean = clean_key(classes[i]);
    ++uses[clean];
    if (clean == classes[i]) taken.insert(folders[i] = clean);
  }
  for (size_t i = 0; i < classes.size(); ++i) {
    if (!folders[i].empty()) continue;
    std::string name = clean_key(classes[i]);
    if (name.empty() || uses[name] > 1) name += cat("-", i);
    while (!taken.insert(name).second) name += cat("-", i);
    folders[i] = name;
  }
  return folders;
}

std::string class_called(const std::string& folder, const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), folder) != names.end()) return folder;
  const auto folders = class_folder_names(names);
  const auto found = std::find(folders.begin(), folders.end(), folder);
  return found == folders.end() ? folder : names[static_cast<size_t>(found - folders.begin())];
}

std::vector<std::string> read_class_names(const std::string& path, int64_t classes) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (std::string line : read_lines(path, kMaxNames)) {
    if (!seen.insert(line).second) line += cat(" (", names.size(), ")");
    names.push_back(line);
  }
  if (static_cast<int64_t>(names.size()) != classes)
    throw Error(cat("cannot use '", path, "': it has ", names.size(), " names, the network ", classes, " classes"));
  return names;
}

std::string classes_text(const std::vector<std::string>& names, const std::vector<int64_t>& counts) {
  if (names.empty()) return "no classes";
  std::string text = cat(names.size(), names.size() == 1 ? " class" : " classes");
  for (size_t i = 0; i < names.size() && i < kMaxShown; ++i)
    text += cat(i == 0 ? ": " : ", ", names[i], " (", counts.at(i), ")");
  return text + (names.size() > kMaxShown ? ", ..." : "");
}

void require_classes(const std::vector<std::string>& names, const std::string& whose, const std::string& instead) {
  const bool parts = are_parts_of_data_set(names);
  if (names.size() >= 2 && !parts) return;
  std::string list;
  for (const std::string& name : names) list += cat(list.empty() ? "'" : ", '", name, "'");
  throw UsageError(cat(whose, ": ", parts ? "the classes would be " : "the only class would be ", list,
                       parts ? ", which are parts of a data set" : "",
                       "; classes are the folders directly below an operand: ", instead));
}

}  // namespace sr3
