// What paths tell: whether a name is an image's, the folder that it lies in, and the keys by which images are known.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace sr3 {

// By its extension, in any case: png jpg jpeg jpe jfif pnm ppm pgm. Nothing whose path has a component with a leading
// dot.
bool is_image_name(const std::string& path);

// The last folder of a path, "" for none: "cats" of "train/cats/1.png".
std::string folder_of(const std::string& path);

// Paths to keys: cleaned, without extension; with it where two would be the same otherwise; and where that is the same,
// too, numbered from the second on: "a.png-2".
std::vector<std::string> keys_of(const std::vector<std::string>& paths);

// The same for paths that are not known beforehand: who comes first has the shortest key.
class KeyMaker {
 public:
  std::string of(const std::string& path);

 private:
  std::set<std::string> used_;
};

}  // namespace sr3
