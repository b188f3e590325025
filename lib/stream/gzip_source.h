// What a file that was compressed by gzip contains. libarchive's own filter neither compares the checksum at the end (RFC 1952)
// nor tells a file that ends early from one that is no archive.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/file.h"

namespace sr3 {

// The plain bytes of one or more gzip members, one after the other, as of gunzip(1). Bytes after the last one that begin no
// member are not read.
class GzipSource : public Source {
 public:
  // `head` is what was already read from the compressed source, which must outlive this one.
  GzipSource(Source& compressed, std::span<const uint8_t> head);
  ~GzipSource() override;
  GzipSource(const GzipSource&) = delete;

  // DataError when the data are damaged, end early or differ from their checksum, or when 16 MiB of them contain nothing.
  size_t read(uint8_t* to, size_t n) override;
  const std::string& name() const override { return compressed_.name(); }
  int64_t packed() const { return packed_; }  // compressed bytes that were read so far

 private:
  bool fill();           // reads compressed bytes if there are none; false at their end
  bool begins_member();  // whether another member follows
  std::string failed(const std::string& what) const;

  struct Inflater;
  std::unique_ptr<Inflater> inflater_;
  Source& compressed_;
  Bytes buffer_;
  size_t at_ = 0, end_ = 0;  // the part of the buffer that was not inflated yet
  int64_t packed_ = 0, fruitless_ = 0;
  bool ended_ = false;  // a member has ended, and whether another follows is not known yet
  bool over_ = false;
  std::string failure_;  // for the next call: this one returned what was unpacked before it
};

}  // namespace sr3
