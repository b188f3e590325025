#include "stream/names.h"

#include <map>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
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

}  // namespace

bool is_image_name(const std::string& path) {
  static const std::set<std::string> kExtensions = {"png", "jpg", "jpeg", "jpe", "jfif", "pnm", "ppm", "pgm"};
  std::istringstream components(path);
  for (std::string part; std::getline(components, part, '/');)
    if (part.starts_with('.') && part != "." && part != "..") return false;
  return kExtensions.contains(extension_of(path));
}

bool is_other_image_name(const std::string& path) {
  static const std::set<std::string> kExtensions = {"webp", "tif", "tiff", "bmp", "gif", "avif", "heic", "heif",
                                                    "jxl",  "jp2", "pam",  "pbm", "tga", "exr",  "hdr",  "qoi",
                                                    "dng",  "cr2", "cr3",  "nef", "arw", "orf",  "raf",  "rw2"};
  return kExtensions.contains(extension_of(path));
}

std::string folder_of(const std::string& path) {
  for (std::string above = directory_of(path); !above.empty(); above = directory_of(above)) {
    above.pop_back();
    if (const std::string name = base_name(above); !name.empty() && name != ".") return name;
  }
  return "";
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
