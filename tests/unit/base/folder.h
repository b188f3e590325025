// A temporary folder, which is removed with its contents at the end of a test.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace samples {

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "sr3-unit-XXXXXX";
    if (!::mkdtemp(name.data())) throw sr3::Error("no temporary folder");
    path = name + "/";
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return path + name; }
  // Writes a file, creates its folders, and returns its path.
  std::string put(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories(sr3::directory_of(path + name));
    sr3::write_file(path + name, content);
    return path + name;
  }
  std::string put(const std::string& name, const sr3::Bytes& content) const {
    return put(name, std::string_view(reinterpret_cast<const char*>(content.data()), content.size()));
  }
  size_t entries() const { return std::distance(std::filesystem::directory_iterator(path), {}); }

  std::string path;  // ends with a slash
};

}  // namespace samples
