// An image on its way through a program, with its key and the metadata of its "#sr" line (image-stream(5)).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/image.h"

namespace sr3 {

struct Frame {
  Image image;
  std::vector<uint8_t> profile;  // the ICC profile of the input's samples, which the result has, too; empty: none
  std::vector<uint8_t> exif;     // the input's EXIF data; empty: none
  std::string key;               // names the output file; as clean_key returns it
  std::string origin;            // for messages: "dir/a.png", "a.tar:b.png", "standard input, image 3"
  int64_t index = 0;             // "i": position in the input, from 0; with seed, the key of the noise
  int64_t ordinal = 0;           // position in the input, regardless of the "#sr" line
  std::optional<int64_t> total;  // "n": number of images in the stream
  std::optional<int64_t> label;  // "class"
  std::optional<int64_t> seed;   // "seed"
  bool lossy = false;            // decoded from a JPEG
  std::string extra;             // other members of the "#sr" object as JSON text: {"a":1} or ""
};

// Makes a name into a key. Letters of any script are kept (in valid UTF-8); white space and all other characters that a key
// may not have become "_", ".." becomes "__", and "." and empty components are removed. A component is cut at 200 bytes, and
// the key before the component with which it would exceed 300 bytes in a comment. The result may be empty.
std::string clean_key(const std::string& text);

// The key with a suffix ("a" and "-2": "a-2"); the key is shortened if the result would be too long.
std::string suffixed_key(std::string key, const std::string& suffix);

// The key of an image that has no name: "000042".
std::string number_key(int64_t number);

// Adds a text to the other members of the comment; an older one of this name is replaced. False, without effect, if the comment
// would become too long for it.
bool record(Frame& frame, const std::string& name, const std::string& text);

// The comment of a frame, without "#": sr {"key":"0001","i":0,"n":64,"class":3,"seed":7}. It is ASCII and under 500 bytes;
// `extra` is left out if it does not fit.
std::string frame_comment(const Frame& frame);
// Sets the frame's fields from a comment. A comment that is not ours, or is damaged, changes nothing.
void apply_comment(Frame& frame, const std::string& comment);

}  // namespace sr3
