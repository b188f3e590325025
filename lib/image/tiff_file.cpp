// TIFF through libtiff: the first page. Grey and RGB of 8 and 16 bits are read as they are; everything else (palettes, bitmaps,
// CMYK, YCbCr, Lab) by libtiff's conversion to RGBA of 8 bits.
#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "image/icc_profile.h"
#include "image/optional_formats.h"
#include "image/orientation.h"
#include "image/rgba.h"

namespace sr3 {
namespace {

struct TiffReading {
  std::span<const uint8_t> bytes;
  uint64_t at = 0;
  std::string message;  // the first error
  TIFF* file = nullptr;
  ~TiffReading() {
    if (file) TIFFClose(file);
  }
};

tmsize_t take_tiff(thandle_t handle, void* to, tmsize_t n) {
  auto& r = *static_cast<TiffReading*>(handle);
  const uint64_t rest = r.at < r.bytes.size() ? r.bytes.size() - r.at : 0;
  const auto got = static_cast<size_t>(std::min<uint64_t>(rest, static_cast<uint64_t>(std::max<tmsize_t>(n, 0))));
  if (got > 0) std::memcpy(to, r.bytes.data() + r.at, got);
  r.at += got;
  return static_cast<tmsize_t>(got);
}

toff_t seek_tiff(thandle_t handle, toff_t offset, int whence) {
  auto& r = *static_cast<TiffReading*>(handle);
  r.at = offset + (whence == SEEK_CUR ? r.at : whence == SEEK_END ? r.bytes.size() : 0);
  return r.at;
}

int note_error(TIFF*, void* reading, const char* module, const char* format, va_list arguments) {
  auto& r = *static_cast<TiffReading*>(reading);
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  if (r.message.empty()) r.message = text;
  return 1;
}

int ignore_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

void open_tiff(TiffReading& r, const Limits& limits) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  if (!options) throw std::bad_alloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), note_error, &r);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), ignore_warning, nullptr);
  // A strip or tile may be the whole image, of four samples of 16 bits.
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(limits.max_pixels * 8 + (1 << 20)));
  r.file = TIFFClientOpenExt(
      "image", "rm", &r, take_tiff, [](thandle_t, void*, tmsize_t) -> tmsize_t { return 0; }, seek_tiff,
      [](thandle_t) { return 0; },
      [](thandle_t handle) -> toff_t { return static_cast<TiffReading*>(handle)->bytes.size(); }, nullptr, nullptr,
      options.get());
}

template <class T>
T tag_of(TIFF* file, uint32_t tag) {
  T value = 0;
  TIFFGetFieldDefaulted(file, tag, &value);
  return value;
}

// Of more samples a pixel, which cost memory and are not shown, libtiff's conversion takes care.
constexpr uint16_t kMaxSamples = 16;

struct TiffLayout {
  uint32_t width = 0, height = 0;
  uint16_t bits = 0, samples = 0, photometric = 0, planar = 0;
  int colours = 0;          // 1 or 3
  bool alpha = false;       // sample `colours` is alpha,
  bool multiplied = false;  // by which the colours have been multiplied
  bool plain = false;       // grey or RGB of 8 or 16 bits
};

TiffLayout layout_of(TIFF* file) {
  TiffLayout layout;
  layout.width = tag_of<uint32_t>(file, TIFFTAG_IMAGEWIDTH);
  layout.height = tag_of<uint32_t>(file, TIFFTAG_IMAGELENGTH);
  layout.bits = tag_of<uint16_t>(file, TIFFTAG_BITSPERSAMPLE);
  layout.samples = tag_of<uint16_t>(file, TIFFTAG_SAMPLESPERPIXEL);
  layout.planar = tag_of<uint16_t>(file, TIFFTAG_PLANARCONFIG);
  const bool named = TIFFGetField(file, TIFFTAG_PHOTOMETRIC, &layout.photometric) != 0;
  const bool rgb = layout.photometric == PHOTOMETRIC_RGB;
  const bool grey = layout.photometric == PHOTOMETRIC_MINISBLACK || layout.photometric == PHOTOMETRIC_MINISWHITE;
  layout.colours = rgb ? 3 : 1;
  layout.plain = named && (rgb || grey) && (layout.bits == 8 || layout.bits == 16) &&
                 layout.samples >= layout.colours && layout.samples <= kMaxSamples &&
                 tag_of<uint16_t>(file, TIFFTAG_SAMPLEFORMAT) == SAMPLEFORMAT_UINT;
  uint16_t count = 0;
  uint16_t* kinds = nullptr;
  TIFFGetFieldDefaulted(file, TIFFTAG_EXTRASAMPLES, &count, &kinds);
  const uint16_t kind = count > 0 && layout.samples > layout.colours ? kinds[0] : uint16_t{EXTRASAMPLE_UNSPECIFIED};
  layout.alpha = kind != EXTRASAMPLE_UNSPECIFIED;
  layout.multiplied = kind == EXTRASAMPLE_ASSOCALPHA;
  return layout;
}

// Reads strips and tiles, and puts their samples into the image.
template <class Sample>
class PlainTiff {
 public:
  PlainTiff(TIFF* file, const TiffLayout& layout, Image& image, std::vector<Sample>& samples)
      : file_(file), layout_(layout), image_(image), samples_(samples) {}

  bool read() {
    const bool separate = layout_.planar == PLANARCONFIG_SEPARATE;
    const int planes = separate ? layout_.colours + layout_.alpha : 1;
    for (int plane = 0; plane < planes; ++plane)
      if (TIFFIsTiled(file_) ? !tiles(plane, separate) : !rows(plane, separate)) return false;
    if (layout_.multiplied) unmultiply();
    return true;
  }

 private:
  bool rows(int plane, bool separate) {
    std::vector<Sample> row(static_cast<size_t>(TIFFScanlineSize64(file_)) / sizeof(Sample) + 1);
    const size_t step = separate ? 1 : layout_.samples;
    if (row.size() < step * layout_.width) return false;
    for (uint32_t y = 0; y < layout_.height; ++y) {
      if (TIFFReadScanline(file_, row.data(), y, static_cast<uint16_t>(plane)) != 1) return false;
      put(row.data(), 0, y, layout_.width, plane, separate);
    }
    return true;
  }

  bool tiles(int plane, bool separate) {
    const auto wide = tag_of<uint32_t>(file_, TIFFTAG_TILEWIDTH), high = tag_of<uint32_t>(file_, TIFFTAG_TILELENGTH);
    const size_t step = separate ? 1 : layout_.samples, row = size_t{wide} * step;
    const uint64_t size = TIFFTileSize64(file_) / sizeof(Sample);
    // No larger than the image needs, so that a lie in the header costs no memory.
    if (wide == 0 || high == 0 || size < row * high || wide > layout_.width + 65536 || high > layout_.height + 65536 ||
        uint64_t{wide} * high > image_.samples() + (1 << 22))
      return false;
    std::vector<Sample> tile(size);
    for (uint32_t y = 0; y < layout_.height; y += high)
      for (uint32_t x = 0; x < layout_.width; x += wide) {
        if (TIFFReadTile(file_, tile.data(), x, y, 0, static_cast<uint16_t>(plane)) < 0) return false;
        for (uint32_t v = 0; v < std::min(high, layout_.height - y); ++v)
          put(&tile[row * v], x, y + v, std::min(wide, layout_.width - x), plane, separate);
        if (layout_.width - x <= wide) break;  // x may not wrap around
      }
    return true;
  }

  void put(const Sample* from, uint32_t x, uint32_t y, uint32_t n, int plane, bool separate) {
    const bool inverted = layout_.photometric == PHOTOMETRIC_MINISWHITE;
    const size_t step = separate ? 1 : layout_.samples;
    for (uint32_t i = 0; i < n; ++i, from += step) {
      const size_t at = size_t{y} * layout_.width + x + i;
      for (int c = separate ? plane : 0; c < (separate ? plane + 1 : layout_.colours + layout_.alpha); ++c) {
        const Sample value = from[separate ? 0 : c];
        if (c == layout_.colours) {
          image_.alpha[at] = static_cast<uint16_t>(sizeof(Sample) == 1 ? value * 257 : value);
          continue;
        }
        const auto level = static_cast<Sample>(inverted ? ~value : value);
        for (int to = layout_.colours == 1 ? 0 : c; to <= (layout_.colours == 1 ? 2 : c); ++to)
          samples_[at * 3 + static_cast<size_t>(to)] = level;
      }
    }
  }

  void unmultiply() {
    const uint32_t top = sizeof(Sample) == 1 ? 255 : 65535;
    for (size_t i = 0; i < samples_.size(); ++i) {
      const uint32_t alpha = sizeof(Sample) == 1 ? image_.alpha[i / 3] / 257u : image_.alpha[i / 3];
      samples_[i] = static_cast<Sample>(unmultiplied(samples_[i], alpha, top));
    }
  }

  TIFF* file_;
  const TiffLayout& layout_;
  Image& image_;
  std::vector<Sample>& samples_;
};

// By libtiff's conversion, whose colours are always multiplied by alpha. Rows stay in the order of the file: we turn them.
bool read_converted(TiffReading& r, Image& image) {
  char reason[1024] = "";
  TIFFRGBAImage converter;
  if (!TIFFRGBAImageOK(r.file, reason) || !TIFFRGBAImageBegin(&converter, r.file, /*stop=*/1, reason)) {
    r.message = reason;
    return false;
  }
  converter.req_orientation = converter.orientation = ORIENTATION_TOPLEFT;
  const bool alpha = converter.alpha != 0;
  const auto pixels = static_cast<size_t>(image.width * image.height);
  std::vector<uint32_t> raster(pixels);
  const bool done = TIFFRGBAImageGet(&converter, raster.data(), static_cast<uint32_t>(image.width),
                                     static_cast<uint32_t>(image.height)) != 0;
  TIFFRGBAImageEnd(&converter);
  if (!done) return false;
  if (alpha) image.alpha.resize(pixels);
  for (size_t i = 0; i < pixels; ++i) {
    const uint32_t a = TIFFGetA(raster[i]), rgb[] = {TIFFGetR(raster[i]), TIFFGetG(raster[i]), TIFFGetB(raster[i])};
    for (size_t c = 0; c < 3; ++c)
      image.u8[i * 3 + c] = static_cast<uint8_t>(alpha ? unmultiplied(rgb[c], a, 255) : rgb[c]);
    if (alpha) image.alpha[i] = static_cast<uint16_t>(a * 257);
  }
  return true;
}

void warn_of_pages(TIFF* file, const std::string& origin) {
  while (TIFFReadDirectory(file)) {
    uint32_t kind = 0;
    TIFFGetField(file, TIFFTAG_SUBFILETYPE, &kind);
    if (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) continue;
    warn_once(cat("'", origin, "' has several pages, of which only the first is read"));
    return;
  }
}

}  // namespace

Image decode_tiff(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits) {
  TiffReading r;
  r.bytes = bytes;
  const auto damaged = [&] {
    return DataError(cat("cannot read '", origin, "': ", r.message.empty() ? "damaged TIFF image" : r.message));
  };
  open_tiff(r, limits);
  if (!r.file) throw damaged();
  const TiffLayout layout = layout_of(r.file);
  if (layout.width < 1 || layout.height < 1 || layout.width > INT32_MAX || layout.height > INT32_MAX) throw damaged();
  check_size(layout.width, layout.height, origin, limits);
  Image image = make_image(layout.width, layout.height, layout.plain && layout.bits == 16 ? 16 : 8);
  if (layout.plain && layout.alpha) image.alpha.resize(image.samples() / 3);
  const bool done = !layout.plain      ? read_converted(r, image)
                    : image.depth == 8 ? PlainTiff<uint8_t>(r.file, layout, image, image.u8).read()
                                       : PlainTiff<uint16_t>(r.file, layout, image, image.u16).read();
  if (!done) throw damaged();
  uint32_t size = 0;
  const uint8_t* profile = nullptr;
  if (TIFFGetField(r.file, TIFFTAG_ICCPROFILE, &size, &profile) && profile)
    image.profile = usable_profile({profile, profile + size}, origin);
  const auto orientation = tag_of<uint16_t>(r.file, TIFFTAG_ORIENTATION);
  warn_of_pages(r.file, origin);
  return upright(std::move(image), orientation);
}

}  // namespace sr3
