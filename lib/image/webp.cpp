// WebP through libwebp, with its defaults, as dwebp has them. Of a film the first picture is decoded.
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "base/error.h"
#include "image/containers.h"
#include "image/exif.h"
#include "image/icc_profile.h"
#include "image/optional_formats.h"
#include "image/orientation.h"
#include "image/rgba.h"

namespace sr3 {
namespace {

using Demuxer = std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)>;

// The data of the first chunk of this name; empty if there is none.
std::span<const uint8_t> webp_chunk(const WebPDemuxer* demuxer, const char* name) {
  WebPChunkIterator chunk;
  if (!WebPDemuxGetChunk(demuxer, name, 1, &chunk)) return {};
  const std::span<const uint8_t> data(chunk.chunk.bytes, chunk.chunk.size);
  WebPDemuxReleaseChunkIterator(&chunk);
  return data;
}

int webp_orientation(const WebPDemuxer* demuxer) {
  const int exif = exif_orientation(webp_chunk(demuxer, "EXIF"));
  const auto xmp = webp_chunk(demuxer, "XMP ");
  return exif ? exif : xmp_orientation({reinterpret_cast<const char*>(xmp.data()), xmp.size()});
}

}  // namespace

Image decode_webp(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits) {
  const auto damaged = [&](const char* what) { return DataError(cat("cannot read '", origin, "': ", what)); };
  if (const auto size = size_of_webp(bytes)) check_size(size->first, size->second, origin, limits);
  check_end(end_of_webp([&](size_t) { return bytes; }, origin), bytes.size(), origin);
  const WebPData data = {bytes.data(), bytes.size()};
  const Demuxer demuxer(WebPDemux(&data), WebPDemuxDelete);
  if (!demuxer) throw damaged("damaged WebP image");
  const int64_t width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  const int64_t height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  if (width < 1 || height < 1) throw damaged("bad size of a WebP image");
  check_size(width, height, origin, limits);

  WebPIterator frame;
  if (!WebPDemuxGetFrame(demuxer.get(), 1, &frame)) throw damaged("a WebP without an image");
  const std::unique_ptr<WebPIterator, void (*)(WebPIterator*)> release(&frame, WebPDemuxReleaseIterator);
  const bool whole = frame.width == width && frame.height == height;
  if (frame.x_offset < 0 || frame.y_offset < 0 || frame.x_offset + frame.width > width ||
      frame.y_offset + frame.height > height)
    throw damaged("a picture of a WebP is outside its canvas");
  Image image = make_image(width, height);
  if (whole && !frame.has_alpha) {
    if (!WebPDecodeRGBInto(frame.fragment.bytes, frame.fragment.size, image.u8.data(), image.u8.size(),
                           static_cast<int>(width * 3)))
      throw damaged("damaged pixels of a WebP image");
  } else {  // what the first picture of a film does not cover is transparent
    Bytes rgba(static_cast<size_t>(width * height * 4));
    const auto at = static_cast<size_t>((frame.y_offset * width + frame.x_offset) * 4);
    if (!WebPDecodeRGBAInto(frame.fragment.bytes, frame.fragment.size, &rgba[at], rgba.size() - at,
                            static_cast<int>(width * 4)))
      throw damaged("damaged pixels of a WebP image");
    image.alpha.resize(static_cast<size_t>(width * height));
    split_pixels(rgba.data(), image.u8.data(), image.alpha.data(), image.alpha.size());
  }
  const auto profile = webp_chunk(demuxer.get(), "ICCP");
  image.profile = usable_profile({profile.begin(), profile.end()}, origin);
  image.exif = exif_block(webp_chunk(demuxer.get(), "EXIF"));
  return upright(std::move(image), webp_orientation(demuxer.get()));
}

}  // namespace sr3
