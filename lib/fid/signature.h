// How statistics were made: what a score must say, and what must agree before two are compared or merged. Files of
// other tools do not say; what is unknown is shown as "?" and disagrees with nothing.
#pragma once

#include <cstdint>
#include <string>

namespace sr3 {

struct Signature {
  std::string features;       // the network's file name; "" unknown
  std::string sha256;         // of that file; "" unknown
  bool inception = false;     // the published FID network
  std::string resize, scale;  // fid/features.h; "" unknown
  int64_t ddof = -1;          // the covariance is divided by N - ddof; -1 unknown
  int64_t images = 0;         // 0 unknown
  int64_t lossy = -1;         // of those, from JPEG files; -1 unknown
  std::string set;            // 16 hexadecimal digits of the images, whatever their order and names; "" unknown

  std::string json() const;
  // DataError, without a file's name.
  static Signature from_json(const std::string& text);
};

// The first field in which both are known and differ: "features", "resize", "scale", "ddof"; "" when none does.
std::string difference(const Signature& a, const Signature& b);
// "'tf1' and 'torch'", for messages about such a field.
std::string values_of(const std::string& field, const Signature& a, const Signature& b);

// One line for a score of a against b:
// "features:x.pt:6726825d|resize:tf1|scale:128|ddof:1|n:50000/10000|lossy:0/?|v:0.1.0".
std::string signature_line(const Signature& a, const Signature& b);

}  // namespace sr3
