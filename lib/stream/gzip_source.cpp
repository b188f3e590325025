#include "stream/gzip_source.h"

#include <zlib.h>

#include <algorithm>
#include <new>
#include <utility>

#include "base/error.h"

namespace sr3 {

namespace {

// The compressed bytes from which nothing is unpacked, such as a name in the header.
constexpr int64_t kMostWithoutData = int64_t{16} << 20;
constexpr int kGzipOnly = 16 + MAX_WBITS;

}  // namespace

struct GzipSource::Inflater {
  z_stream stream{};
  Inflater() {
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
};

GzipSource::GzipSource(Source& compressed, std::span<const uint8_t> head)
    : inflater_(std::make_unique<Inflater>()),
      compressed_(compressed),
      buffer_(std::max<size_t>(head.size(), size_t{1} << 16)),
      end_(head.size()),
      packed_(static_cast<int64_t>(head.size())) {
  std::copy(head.begin(), head.end(), buffer_.begin());
}

GzipSource::~GzipSource() = default;

std::string GzipSource::failed(const std::string& what) const {
  return cat("cannot read '", name(), "': the gzip data ", what, " at byte ",
             packed_ - static_cast<int64_t>(end_ - at_));
}

bool GzipSource::fill() {
  if (at_ < end_) return true;
  at_ = 0;
  end_ = compressed_.read(buffer_.data(), buffer_.size());
  packed_ += static_cast<int64_t>(end_);
  return end_ > 0;
}

bool GzipSource::begins_member() {
  if (!fill()) return false;
  if (end_ - at_ == 1) {  // the magic number has two bytes, which may lie in two reads
    buffer_[0] = buffer_[at_];
    at_ = 0;
    const size_t got = compressed_.read(buffer_.data() + 1, buffer_.size() - 1);
    end_ = 1 + got;
    packed_ += static_cast<int64_t>(got);
  }
  return end_ - at_ >= 2 && buffer_[at_] == 0x1f && buffer_[at_ + 1] == 0x8b;
}

size_t GzipSource::read(uint8_t* to, size_t n) {
  z_stream& stream = inflater_->stream;
  size_t made = 0;
  if (!failure_.empty()) throw DataError(failure_);
  while (made == 0 && n > 0 && !over_) {
    if (std::exchange(ended_, false)) {
      if (!begins_member()) {
        over_ = true;
        break;
      }
      inflateReset(&stream);
    }
    if (!fill()) throw DataError(failed("end early"));
    const size_t room = std::min<size_t>(n, size_t{1} << 30);
    stream.next_in = buffer_.data() + at_;
    stream.avail_in = static_cast<uInt>(end_ - at_);
    stream.next_out = to;
    stream.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream, Z_NO_FLUSH);
    const size_t left = stream.avail_in;
    fruitless_ += static_cast<int64_t>(end_ - at_ - left);
    at_ = end_ - left;
    made = room - stream.avail_out;
    if (made > 0) fruitless_ = 0;
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
      failure_ = failed(cat("are damaged (", stream.msg ? stream.msg : "without an explanation", ")"));
    if (!failure_.empty() && made == 0) throw DataError(failure_);
    ended_ = status == Z_STREAM_END;
    if (fruitless_ > kMostWithoutData)
      throw DataError(cat("cannot read '", name(), "': nothing can be unpacked from ", fruitless_, " bytes of it"));
  }
  return made;
}

}  // namespace sr3
