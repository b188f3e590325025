// From a program's operands to what is to be read, in order. Nothing is decoded, and pipes are not opened.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace sr3 {

// One step of the input.
struct Part {
  enum Kind {
    kImage,    // a file with one image
    kArchive,  // a tar or zip file
    kStream,   // any number of images, or an archive, in a pipe, a device, standard input or a PNM file
  };
  Kind kind = kImage;
  std::string path;  // "-": standard input
  std::string key;   // of an image
  std::string folder{};  // that an image of a folder or of a list lies in: its name as on disk; a key is cleaned
  std::string label{};  // name of its class, where a list says it
};

// Operands: a file (image or archive by its content), a folder (all images below it, in the byte order of their paths,
// by extension; hidden names are passed over), "@list" (a file with one such operand a line, and after a tab the class of
// its images, if that is known), "-". None: standard input. Error when one does not exist, or a folder has no image;
// UsageError when none is given and a person sits at the input. tell: warn of a folder's images of formats that are not
// read; only for whoever reads the images.
std::vector<Part> expand_operands(const std::vector<std::string>& operands, bool tell = true);

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
