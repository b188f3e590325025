// Splits a stream of PNG, JPEG and PNM images, with nothing between them, exactly at their ends: PNM by its header, PNG by
// its chunks, JPEG by its markers. Nothing is decoded. An image's encoded size is bounded by the size in its header.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "image/codec.h"

namespace sr3 {

class Splitter {
 public:
  // The source must outlive the splitter. Messages call the images "NAME, image 1" and so on, or without `number` NAME.
  Splitter(Source& source, const Limits& limits, bool number = true);

  // The next image, still encoded; nothing at the end. DataError when the bytes are not an image, or it is truncated or
  // exceeds the limits. Since the position of the next image is then unknown, the splitter is at its end.
  std::optional<Bytes> next();
  // The number of images that next() has returned, and what messages call the last one.
  int64_t count() const { return count_; }
  const std::string& origin() const { return origin_; }
  // Whether bytes follow the last image.
  bool more();

 private:
  bool fill(size_t n);        // reads until buffer_ has n bytes; false at the end of the source
  void need(size_t n);        // the same; DataError at the end, or for more than most_
  void bound(uint64_t size);  // sets most_ by the uncompressed size of the pixels
  size_t end_of_pnm();
  size_t end_of_png();
  size_t end_of_jpeg();

  Source& source_;
  Limits limits_;
  bool number_;
  Bytes buffer_;       // bytes read, from the beginning of the current image on
  uint64_t most_ = 0;  // the current image's encoded size may not exceed this
  int64_t count_ = 0;
  uint64_t passed_ = 0;  // bytes before the current image
  bool over_ = false;
  std::string origin_;
};

// The one encoded image of a source. DataError if anything follows it, except after a JPEG: cameras put previews there,
// which are dropped.
Bytes read_single(Source& source, const Limits& limits);

}  // namespace sr3
