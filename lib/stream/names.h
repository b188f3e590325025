// What is derived from paths: whether a file is an image, the folder that it is in, and the keys that identify images.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace sr3 {

// Whether the extension, in upper or lower case, is png, jpg, jpeg, jpe, jfif, pnm, ppm, pgm or pam, or of a format whose
// library this build has (webp, tif, tiff, gif, heic, heif, hif, avif). False for a hidden file, or one in a hidden folder:
// those whose names begin with a dot.
bool is_image_name(const std::string& path);

// The same of images in formats that this build does not read (raw files and so on), which must not be skipped silently.
bool is_other_image_name(const std::string& path);

// Counts such images.
class OtherImages {
 public:
  // Counts the path if its extension is that of such a format, and it is not hidden.
  void add(const std::string& path);
  // "2 files in unsupported formats ('c.tiff'): convert to PNG", with the first one in byte order; "" without any.
  std::string text() const;

 private:
  int64_t count_ = 0;
  std::string first_;
};

// The first and the last folder of a path: "train" and "cats" for "./train/cats/1.png", "" if there is none.
std::string first_folder(const std::string& path);
std::string last_folder(const std::string& path);

// The class folders of the images of an archive, by their paths in it: the first folder below the one that contains them all,
// because an archive of things/ often has things/cats/1.png where the folder has cats/1.png. "" for images in none.
std::vector<std::string> class_folders(const std::vector<std::string>& paths);

// UsageError if the output, a folder, has the name of an image file or stands for standard output.
void require_folder_name(const std::string& output);

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
