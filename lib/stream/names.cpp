#include "stream/names.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "image/optional_formats.h"
#include "stream/frame.h"

namespace sr3 {

namespace {

std::string bare_key(const std::string& path) { return clean_key(directory_of(path) + stem_of(path)); }

// The key itself, or if it is used, the key with the smallest number that makes it new.
std::string unused(const std::string& key, std::set<std::string>& used) {
  if (key.empty()) return key;
  std::string tried = key;
  for (int64_t number = 2; !used.insert(tried).second; ++number) tried = suffixed_key(key, cat("-", number));
  return tried;
}

// The names of the folders of a path, from the first.
std::vector<std::string> folders_of(const std::string& path) {
  std::vector<std::string> folders;
  std::istringstream parts(directory_of(path));
  for (std::string part; std::getline(parts, part, '/');)
    if (!part.empty() && part != ".") folders.push_back(part);
  return folders;
}

// Whether the path's extension is one of these, and neither it nor a folder above it is hidden.
bool has_extension(const std::string& path, const std::set<std::string>& extensions) {
  std::istringstream components(path);
  for (std::string part; std::getline(components, part, '/');)
    if (part.starts_with('.') && part != "." && part != "..") return false;
  return extensions.contains(extension_of(path));
}

// The extensions, with those of the formats that this build reads by an optional library, or of those that it does not read.
std::set<std::string> with_optional(std::set<std::string> extensions, bool readable) {
  for (const OptionalFormat& format : kOptionalFormats)
    for (const char* extension : format.extensions)
      if (extension && format.readable == readable) extensions.insert(extension);
  return extensions;
}

}  // namespace

bool is_image_name(const std::string& path) {
  static const std::set<std::string> kExtensions =
      with_optional({"png", "jpg", "jpeg", "jpe", "jfif", "pnm", "ppm", "pgm", "pam"}, /*readable=*/true);
  return has_extension(path, kExtensions);
}

void require_folder_name(const std::string& output) {
  if (output == "-" ||
      ((is_image_name(output) || is_other_image_name(output)) && !std::filesystem::is_directory(output)))
    throw UsageError(cat("-o: a folder is written, and '", output, "' is not the name of one"));
}

bool is_other_image_name(const std::string& path) {
  static const std::set<std::string> kExtensions = with_optional(
      {"bmp", "jxl", "jp2", "pbm", "tga", "exr", "hdr", "qoi", "dng", "cr2", "cr3", "nef", "arw", "orf", "raf", "rw2"},
      /*readable=*/false);
  return has_extension(path, kExtensions);
}

void OtherImages::add(const std::string& path) {
  if (!is_other_image_name(path)) return;
  if (count_++ == 0 || path < first_) first_ = path;
}

std::string OtherImages::text() const {
  if (count_ == 0) return "";
  return cat(count_, count_ == 1 ? " file" : " files", " in unsupported formats ('", first_, "'): convert to PNG");
}

std::string first_folder(const std::string& path) {
  const auto folders = folders_of(path);
  return folders.empty() ? "" : folders.front();
}

std::string last_folder(const std::string& path) {
  const auto folders = folders_of(path);
  return folders.empty() ? "" : folders.back();
}

std::vector<std::string> class_folders(const std::vector<std::string>& paths) {
  std::vector<std::vector<std::string>> all;
  all.reserve(paths.size());
  for (const std::string& path : paths) all.push_back(folders_of(path));
  size_t level = 0;
  const auto at_level = [&](const auto& folders) { return level < folders.size() ? folders[level] : ""; };
  const auto shared = [&](const auto& folders) {
    return folders.size() > level + 1 && folders[level] == all.front()[level];
  };
  while (!all.empty() && std::all_of(all.begin(), all.end(), shared)) ++level;
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const auto& folders : all) names.push_back(at_level(folders));
  return names;
}

std::vector<std::string> keys_of(const std::vector<std::string>& paths) {
  std::map<std::string, int> uses;
  for (const auto& path : paths) ++uses[bare_key(path)];
  std::set<std::string> used;
  std::vector<std::string> keys;
  for (const auto& path : paths) {
    const std::string bare = bare_key(path);
    keys.push_back(unused(uses[bare] > 1 ? clean_key(path) : bare, used));
  }
  return keys;
}

std::string KeyMaker::of(const std::string& path) {
  const std::string bare = bare_key(path);
  return unused(used_.contains(bare) ? clean_key(path) : bare, used_);
}

}  // namespace sr3
