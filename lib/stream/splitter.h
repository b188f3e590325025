// A stream of PNG, JPEG and PNM images with nothing between, cut exactly at their ends: PNM by its header, PNG by its
// chunks, JPEG by its markers. Nothing is decoded. An image's encoded size is bounded by what its header promises.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "image/codec.h"

namespace sr3 {

class Splitter {
 public:
  // The source must outlive the splitter. number: messages call the images "NAME, image 1" and so on; else just NAME.
  Splitter(Source& source, const Limits& limits, bool number = true);

  // The next image, whole; nothing at the end. DataError when it is none, is cut short, or exceeds the limits: then the
  // place of the next one is unknown, and the stream is at its end.
  std::optional<Bytes> next();
  // How many next() has returned, and what messages call the last one.
  int64_t count() const { return count_; }
  const std::string& origin() const { return origin_; }
  // Whether bytes follow the last image.
  bool more();

 private:
  bool fill(size_t n);        // whether buffer_ has n bytes
  void need(size_t n);        // DataError when it has not
  void bound(uint64_t size);  // of the pixels; sets most_
  size_t end_of_pnm();
  size_t end_of_png();
  size_t end_of_jpeg();

  Source& source_;
  Limits limits_;
  bool number_;
  Bytes buffer_;       // from the beginning of the current image on
  uint64_t most_ = 0;  // the current image's encoded size may not exceed this
  int64_t count_ = 0;
  uint64_t passed_ = 0;  // bytes before the current image
  bool over_ = false;
  std::string origin_;
};

// The one image of a source. What follows it is an error, but after a JPEG it is left out: cameras put previews there.
Bytes read_single(Source& source, const Limits& limits);

}  // namespace sr3
