// An image on its way through a program: the image, its key, and what the "#sr" line says of it (image-stream(5)).
#pragma once

#include <optional>
#include <string>

#include "image/image.h"

namespace sr3 {

struct Frame {
  Image image;
  std::string key;               // names the output file; as clean_key makes it
  std::string origin;            // for messages: "dir/a.png", "a.tar:b.png", "standard input, image 3"
  int64_t index = 0;             // position in the input, from 0; with seed it keys the noise ("i")
  int64_t ordinal = 0;           // position in the input, whatever its "#sr" line says
  std::optional<int64_t> total;  // "n": how many images the stream holds
  std::optional<int64_t> label;  // "class"
  std::optional<int64_t> seed;   // "seed"
  bool lossy = false;            // it came as JPEG
  std::string extra;             // other members of the "#sr" object, kept as JSON text: {"a":1} or ""
};

// A name as a key: letters of any script stay (valid UTF-8), white space and whatever else a key may not hold become "_", ".."
// becomes "__", "." and empty components go, and so does what exceeds 200 bytes a component, or 300 in a comment. May be empty.
std::string clean_key(const std::string& text);

// The key with something more at its end ("a" and "-2": "a-2"), shortened before it where a key may not be that long.
std::string suffixed_key(std::string key, const std::string& suffix);

// The key of an image that has no name: "000042".
std::string number_key(int64_t number);

// The text after "#": sr {"key":"0001","i":0,"n":64,"class":3,"seed":7}; ASCII, under 500 bytes.
std::string frame_comment(const Frame& frame);
// Takes what a comment says into the frame; a comment that is not ours, or is damaged, changes nothing.
void apply_comment(Frame& frame, const std::string& comment);

}  // namespace sr3
