// Splits a stream of images at their ends: PNM by its header, PNG by its chunks, JPEG by its markers, and so on
// (image/containers.h); a TIFF extends to the end of the stream. Nothing is decoded. An image's encoded size is bounded by the
// size in its header, or where that need not say it, by a constant.
//
// What cameras and other programs append to a JPEG or PNG belongs to it, and is dropped: the images that a JPEG lists as its
// secondaries (image/mpf.h), and bytes that begin no image.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "image/codec.h"
#include "image/mpf.h"

namespace sr3 {

// What a source is.
enum class Framing {
  kStream,  // images one after the other; after bytes that begin no image, the next one is searched for, with a warning
  kFile,    // the same in a file, where such bytes extend to the end
  kSingle,  // one image, which messages call by the name of the source
};

class Splitter {
 public:
  // The source must outlive the splitter. Messages call the images "NAME, image 1" and so on.
  Splitter(Source& source, const Limits& limits, Framing framing = Framing::kStream);

  // The next image, still encoded; nothing at the end. DataError when the bytes are not an image, or it is truncated or
  // exceeds the limits. Since the position of the next image is then unknown, the splitter is at its end.
  std::optional<Bytes> next();
  // The number of images that next() has returned, and what messages call the last one.
  int64_t count() const { return count_; }
  const std::string& origin() const { return origin_; }
  // Whether bytes follow the last image that do not belong to it.
  bool more();

 private:
  bool fill(size_t n);        // reads until buffer_ has n bytes; false at the end of the source
  void need(size_t n);        // the same; DataError at the end, or for more than most_
  void bound(uint64_t size);  // sets most_ by the uncompressed size of the pixels
  size_t end_of_pnm();
  size_t end_of_png();
  size_t end_of_jpeg();
  size_t end_of_contained(Format format);
  size_t after_marker(size_t at);  // the byte after the code of the next JPEG marker

  void drop_appended();
  void drop(size_t n);                   // removes bytes from the front of buffer_
  size_t secondary_at(size_t at);        // the size of the last image's secondary that begins there; 0 if none does
  bool plainly_begins_image(size_t at);  // whether whole headers are there, not only the first bytes

  Source& source_;
  Limits limits_;
  Framing framing_;
  Bytes buffer_;       // bytes read, from the beginning of the current image on
  uint64_t most_ = 0;  // the current image's encoded size may not exceed this
  int64_t count_ = 0;
  uint64_t passed_ = 0;  // bytes before buffer_
  bool over_ = false;
  bool may_have_appended_ = false;  // the last image is a JPEG or PNG, and what follows it has not been looked at
  bool may_have_space_ = false;     // the last image is a PNM, which netpbm and others let white space follow
  uint64_t image_begin_ = 0;        // of the current or last image, in bytes of the source
  std::vector<MpfImage> secondaries_;
  std::string origin_;
};

// The one encoded image of a source, without what belongs to it. DataError if another image follows it, except after a
// JPEG: cameras put previews there.
Bytes read_single(Source& source, const Limits& limits);

}  // namespace sr3
