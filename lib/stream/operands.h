// Expands a program's operands to the parts of its input, in order. Nothing is decoded, and pipes are not opened.
#pragma once

#include <string>
#include <vector>

namespace sr3 {

// A part of the input, which the reader opens as a whole.
struct Part {
  enum Kind {
    kImage,    // a file with one image
    kArchive,  // a tar or zip file
    kStream,   // any number of images, or an archive, in a pipe, a device, standard input or a PNM file
  };
  Kind kind = kImage;
  std::string path;  // "-": standard input
  std::string key;   // of an image
  // Of an image, the name of its class folder, as on disk (keys are cleaned): below a folder the first one, as in
  // torchvision's ImageFolder; in a list of files the last one of its path.
  std::string folder{};
  std::string label{};  // name of its class, if a list gives it
};

// An operand is a file (an image or an archive, by its content), a folder (all images below it, by extension, in the byte
// order of their paths; hidden names are skipped), "@list" (a file with one such operand per line, and after a tab the class
// of its images, if that is known), or "-". Without operands the input is standard input. Error when an operand does not
// exist, or a folder or a list has no images; UsageError when there is no operand and standard input is a terminal.
// With `report_skipped`, warns of images in unsupported formats in a folder; only the caller that reads the images should set it.
std::vector<Part> expand_operands(const std::vector<std::string>& operands, bool report_skipped = true);

// The parts that can be known before anything is read, for checks before the work: those of all operands, with the same
// errors, except for a list that is a pipe, which can be read only once. Empty without operands.
std::vector<Part> known_parts(const std::vector<std::string>& operands);

}  // namespace sr3
