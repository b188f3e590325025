#include "stage/find_manifest.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/closest_word.h"
#include "base/error.h"
#include "base/file.h"

namespace sr3 {

namespace {

std::optional<std::string> file_at(const std::string& path) {
  std::error_code none;
  for (const std::string& file : {path, path + ".json"})
    if (std::filesystem::exists(file, none) && !std::filesystem::is_directory(file, none)) return file;
  return std::nullopt;
}

// Each with a slash at its end.
std::vector<std::string> folders_of_stages() {
  std::vector<std::string> folders;
  const char* variable = std::getenv("SR3_CDM_PATH");
  const std::string list = variable ? variable : "";
  for (size_t at = 0; at < list.size();) {
    const size_t colon = std::min(list.find(':', at), list.size());
    if (colon > at) folders.push_back(list.substr(at, colon - at) + "/");
    at = colon + 1;
  }
  std::error_code failure;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (!failure) folders.push_back((program.parent_path() / "../share/sr3-cdm/").lexically_normal().string());
  return folders;
}

// The names of the manifests that are in the current folder or in one of these.
std::vector<std::string> names_in(std::vector<std::string> folders) {
  folders.insert(folders.begin(), ".");
  std::vector<std::string> names;
  for (const std::string& folder : folders) {
    std::error_code none;
    for (std::filesystem::directory_iterator at(folder, none), end; !none && at != end; at.increment(none))
      if (at->path().extension() == ".json") names.push_back(at->path().stem().string());
  }
  return names;
}

}  // namespace

std::string find_manifest(const std::string& name) {
  if (name.empty() || name == "-") return name;
  if (const auto here = file_at(name)) return *here;
  const bool bare = name.find('/') == std::string::npos, ends = name.ends_with(".json");
  if (!bare) return name;
  const std::vector<std::string> folders = folders_of_stages();
  for (const std::string& folder : folders)
    if (const auto there = file_at(folder + name)) return *there;
  if (ends || std::filesystem::exists(name)) return name;
  std::string searched;
  for (const std::string& folder : folders) searched += cat(", '", folder, "'");
  throw Error(cat("cannot open '", name, "': No such file or directory; neither it nor '", name,
                  ".json' is in the current folder", searched, did_you_mean(names_in(folders), name)));
}

std::vector<std::string> find_manifests(const std::vector<std::string>& names) {
  std::vector<std::string> paths;
  paths.reserve(names.size());
  for (const std::string& name : names) paths.push_back(find_manifest(name));
  return paths;
}

}  // namespace sr3
