// What is derived from paths: whether a file is an image, the folder that it is in, and the keys that identify images.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace sr3 {

// Whether the extension, in upper or lower case, is png, jpg, jpeg, jpe, jfif, pnm, ppm or pgm. False for a hidden file,
// or one in a hidden folder: those whose names begin with a dot.
bool is_image_name(const std::string& path);

// Whether the extension is that of an image in a format that is not supported. Such files must not be skipped silently.
bool is_other_image_name(const std::string& path);

// The last folder of a path: "cats" for "train/cats/1.png", "" if there is none.
std::string folder_of(const std::string& path);

// The keys of paths: the paths cleaned (clean_key) and without extension. Keys that would be equal keep the extension; if
// they are still equal, they are numbered from the second on: "a.png-2".
std::vector<std::string> keys_of(const std::vector<std::string>& paths);

// The same for paths that are not known in advance: the first one gets the shortest key.
class KeyMaker {
 public:
  std::string of(const std::string& path);

 private:
  std::set<std::string> used_;
};

}  // namespace sr3
