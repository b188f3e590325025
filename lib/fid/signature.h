// How statistics were made: the settings that every score is reported with, and that must agree before two sets are
// compared or merged. Files of other tools lack them. An unknown value is shown as "?" and agrees with everything.
#pragma once

#include <cstdint>
#include <string>

namespace sr3 {

struct Signature {
  std::string features;       // the network's file name; "": unknown
  std::string sha256;         // of that file; "": unknown
  bool inception = false;     // whether it is known to be the published FID network
  std::string resize, scale;  // see fid/features.h; "": unknown
  int64_t ddof = -1;          // the covariance is divided by N - ddof; -1: unknown
  int64_t images = 0;         // number of images; 0: unknown
  int64_t lossy = -1;         // number of images from JPEG files; -1: unknown
  std::string set;            // hash of the images' pixels in any order, 16 hexadecimal digits; "": unknown

  std::string json() const;
  // The inverse of json(). DataError, without the name of a file.
  static Signature from_json(const std::string& text);
};

// The name of the first field that is known in both and differs: "features", "resize", "scale" or "ddof"; "" if there is
// none.
std::string difference(const Signature& a, const Signature& b);
// The values of such a field for a message: "'tf1' and 'torch'".
std::string values_of(const std::string& field, const Signature& a, const Signature& b);

// The line printed with a score of a against b:
// "features:x.pt:6726825d|resize:tf1|scale:128|ddof:1|n:50000/10000|lossy:0/?|v:0.1.0".
std::string signature_line(const Signature& a, const Signature& b);

}  // namespace sr3
