// From a program's operands to what is to be read, in order. Nothing is decoded, and pipes are not opened.
#pragma once

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
  std::string path;      // "-": standard input
  std::string key;       // of an image
  std::string folder{};  // that an image of a folder or of a list lies in: its name as on disk; a key is cleaned
  std::string label{};   // name of its class, where a list says it
};

// Operands: a file (image or archive by its content), a folder (all images below it, in the byte order of their paths,
// by extension; hidden names are passed over), "@list" (a file with one such operand a line, and after a tab the class of
// its images, if that is known), "-". None: standard input. Error when one does not exist, or a folder has no image;
// UsageError when none is given and a person sits at the input. tell: warn of a folder's images of formats that are not
// read; only for whoever reads the images.
std::vector<Part> expand_operands(const std::vector<std::string>& operands, bool tell = true);

}  // namespace sr3
