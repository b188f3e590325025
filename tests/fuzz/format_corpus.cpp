// Valid images of the formats that are read by libraries which may be missing; each list is empty without its library.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>

#include "corpus.h"
#include "image/codec.h"
#if SR3_WEBP
#include <webp/encode.h>
#endif
#if SR3_TIFF
#include <tiffio.h>
#endif
#if SR3_GIF
#include <gif_lib.h>
#endif
#if SR3_HEIF
#include <libheif/heif.h>
#endif

namespace sr3 {

namespace {

void append(Bytes& to, const void* from, size_t n) {
  const auto* bytes = static_cast<const uint8_t*>(from);
  to.insert(to.end(), bytes, bytes + n);
}

[[maybe_unused]] std::vector<uint8_t> some_rgba(int width, int height) {
  std::vector<uint8_t> rgba(static_cast<size_t>(width * height * 4));
  for (size_t i = 0; i < rgba.size(); ++i) rgba[i] = static_cast<uint8_t>(i * 41 % 253);
  return rgba;
}

[[maybe_unused]] std::string le(size_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i);
  return out;
}

}  // namespace

#if SR3_WEBP
namespace {

// A RIFF container of the chunks, as the specification of WebP has it.
Bytes webp_container(const std::vector<std::pair<std::string, std::string>>& chunks) {
  std::string body = "WEBP";
  for (const auto& [name, data] : chunks) body += name + le(data.size(), 4) + data + std::string(data.size() % 2, '\0');
  const std::string file = "RIFF" + le(body.size(), 4) + body;
  return {file.begin(), file.end()};
}

}  // namespace

std::vector<Bytes> webp_corpus() {
  constexpr int kWide = 9, kHigh = 6;
  const auto rgba = some_rgba(kWide, kHigh);
  std::vector<Bytes> out;
  std::string lossless;
  for (int kind = 0; kind < 4; ++kind) {
    uint8_t* made = nullptr;
    const size_t size = kind == 0   ? WebPEncodeRGBA(rgba.data(), kWide, kHigh, kWide * 4, 50, &made)
                        : kind == 1 ? WebPEncodeRGB(rgba.data(), kWide, kHigh, kWide * 3, 90, &made)
                        : kind == 2 ? WebPEncodeLosslessRGBA(rgba.data(), kWide, kHigh, kWide * 4, &made)
                                    : WebPEncodeLosslessRGB(rgba.data(), kWide, kHigh, kWide * 3, &made);
    out.emplace_back(made, made + size);
    WebPFree(made);
  }
  // The chunk's length stands after "RIFF", its length, "WEBP" and the chunk's name.
  size_t length = 0;
  for (size_t i = 0; i < 4; ++i) length |= size_t{out[3][16 + i]} << 8 * i;
  lossless.assign(out[3].begin() + 20, out[3].begin() + 20 + static_cast<ptrdiff_t>(length));
  const auto canvas = [&](int flags) {
    return le(static_cast<size_t>(flags), 4) + le(kWide + 1, 3) + le(kHigh + 1, 3);
  };
  const std::string exif("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", 26);
  out.push_back(webp_container({{"VP8X", le(0x28, 4) + le(kWide - 1, 3) + le(kHigh - 1, 3)},
                                {"ICCP", test_profile()},
                                {"VP8L", lossless},
                                {"EXIF", exif}}));
  const std::string frame = le(1, 3) + le(0, 3) + le(kWide - 1, 3) + le(kHigh - 1, 3) + le(40, 3) + le(0, 1) + "VP8L" +
                            le(lossless.size(), 4) + lossless + std::string(lossless.size() % 2, '\0');
  out.push_back(webp_container({{"VP8X", canvas(2)}, {"ANIM", le(0, 6)}, {"ANMF", frame}, {"ANMF", frame}}));
  return out;
}
#else
std::vector<Bytes> webp_corpus() { return {}; }
#endif

#if SR3_TIFF
namespace {

struct TiffKind {
  uint16_t photometric, bits, samples, compression, planar;
  uint32_t tile = 0;
  uint16_t extra = 0, orientation = ORIENTATION_TOPLEFT;
  const char* mode = "w";
};

Bytes tiff_of(const TiffKind& kind) {
  constexpr uint32_t kWide = 21, kHigh = 18;
  const std::string path = (std::filesystem::temp_directory_path() / "sr3-fuzz-corpus.tif").string();
  TIFF* file = TIFFOpen(path.c_str(), kind.mode);
  if (!file) return {};
  TIFFSetField(file, TIFFTAG_IMAGEWIDTH, kWide);
  TIFFSetField(file, TIFFTAG_IMAGELENGTH, kHigh);
  TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, kind.bits);
  TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, kind.samples);
  TIFFSetField(file, TIFFTAG_PHOTOMETRIC, kind.photometric);
  TIFFSetField(file, TIFFTAG_COMPRESSION, kind.compression);
  TIFFSetField(file, TIFFTAG_PLANARCONFIG, kind.planar);
  TIFFSetField(file, TIFFTAG_ORIENTATION, kind.orientation);
  if (kind.extra) TIFFSetField(file, TIFFTAG_EXTRASAMPLES, uint16_t{1}, &kind.extra);
  const std::string profile = test_profile();
  if (kind.photometric == PHOTOMETRIC_RGB)
    TIFFSetField(file, TIFFTAG_ICCPROFILE, static_cast<uint32_t>(profile.size()), profile.data());
  std::vector<uint16_t> palette(size_t{1} << std::min<int>(kind.bits, 8));
  for (size_t i = 0; i < palette.size(); ++i) palette[i] = static_cast<uint16_t>(i * 251);
  if (kind.photometric == PHOTOMETRIC_PALETTE)
    TIFFSetField(file, TIFFTAG_COLORMAP, palette.data(), palette.data(), palette.data());
  if (kind.photometric == PHOTOMETRIC_YCBCR) TIFFSetField(file, TIFFTAG_YCBCRSUBSAMPLING, 1, 1);
  if (kind.tile) {
    TIFFSetField(file, TIFFTAG_TILEWIDTH, kind.tile);
    TIFFSetField(file, TIFFTAG_TILELENGTH, kind.tile);
  } else {
    TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, 5);
  }
  std::vector<uint8_t> data(static_cast<size_t>(kind.tile ? TIFFTileSize(file) : TIFFScanlineSize(file)) + 16);
  const int planes = kind.planar == PLANARCONFIG_SEPARATE ? kind.samples : 1;
  bool done = true;
  for (int plane = 0; plane < planes; ++plane)
    for (uint32_t y = 0; y < kHigh; y += kind.tile ? kind.tile : 1)
      for (uint32_t x = 0; x < kWide; x += kind.tile ? kind.tile : kWide) {
        for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i * 31 + y * 7 + x);
        done = done && (kind.tile ? TIFFWriteTile(file, data.data(), x, y, 0, static_cast<uint16_t>(plane)) >= 0
                                  : TIFFWriteScanline(file, data.data(), y, static_cast<uint16_t>(plane)) == 1);
      }
  TIFFClose(file);
  Bytes out = done ? read_file(path) : Bytes();
  std::filesystem::remove(path);
  return out;
}

}  // namespace

std::vector<Bytes> tiff_corpus() {
  constexpr uint16_t kJoint = PLANARCONFIG_CONTIG, kApart = PLANARCONFIG_SEPARATE;
  const TiffKind kinds[] = {
      {PHOTOMETRIC_RGB, 8, 3, COMPRESSION_NONE, kJoint},
      {PHOTOMETRIC_RGB, 16, 3, COMPRESSION_LZW, kApart},
      {PHOTOMETRIC_RGB, 8, 4, COMPRESSION_PACKBITS, kJoint, 16, EXTRASAMPLE_ASSOCALPHA},
      {PHOTOMETRIC_RGB, 16, 4, COMPRESSION_ADOBE_DEFLATE, kApart, 16, EXTRASAMPLE_UNASSALPHA},
      {PHOTOMETRIC_MINISBLACK, 8, 1, COMPRESSION_NONE, kJoint, 0, 0, ORIENTATION_LEFTBOT},
      {PHOTOMETRIC_MINISBLACK, 16, 1, COMPRESSION_LZW, kJoint, 0, 0, ORIENTATION_RIGHTTOP, "wb"},
      {PHOTOMETRIC_MINISWHITE, 1, 1, COMPRESSION_CCITTFAX4, kJoint},
      {PHOTOMETRIC_MINISBLACK, 4, 1, COMPRESSION_NONE, kJoint},
      {PHOTOMETRIC_PALETTE, 8, 1, COMPRESSION_LZW, kJoint},
      {PHOTOMETRIC_PALETTE, 4, 1, COMPRESSION_NONE, kJoint, 16},
      {PHOTOMETRIC_SEPARATED, 8, 4, COMPRESSION_NONE, kJoint},
      {PHOTOMETRIC_YCBCR, 8, 3, COMPRESSION_NONE, kJoint},
      {PHOTOMETRIC_YCBCR, 8, 3, COMPRESSION_JPEG, kJoint, 16},
      {PHOTOMETRIC_CIELAB, 8, 3, COMPRESSION_NONE, kJoint},
      {PHOTOMETRIC_RGB, 8, 3, COMPRESSION_LZW, kJoint, 0, 0, ORIENTATION_TOPLEFT, "w8"},  // BigTIFF
  };
  std::vector<Bytes> out;
  for (const TiffKind& kind : kinds)
    if (Bytes made = tiff_of(kind); !made.empty()) out.push_back(std::move(made));
  return out;
}
#else
std::vector<Bytes> tiff_corpus() { return {}; }
#endif

#if SR3_GIF
namespace {

Bytes gif_of(bool interlaced, int pictures, int transparent, bool own_colours) {
  constexpr int kWide = 11, kHigh = 13;
  Bytes out;
  int error = 0;
  GifFileType* file = EGifOpen(
      &out,
      [](GifFileType* gif, const GifByteType* bytes, int n) {
        append(*static_cast<Bytes*>(gif->UserData), bytes, static_cast<size_t>(n));
        return n;
      },
      &error);
  GifColorType colours[16];
  for (int i = 0; i < 16; ++i) colours[i] = {static_cast<uint8_t>(i * 17), static_cast<uint8_t>(255 - i), uint8_t{9}};
  const std::unique_ptr<ColorMapObject, void (*)(ColorMapObject*)> map(GifMakeMapObject(16, colours), GifFreeMapObject);
  EGifSetGifVersion(file, true);
  EGifPutScreenDesc(file, kWide, kHigh, 4, 0, own_colours ? nullptr : map.get());
  EGifPutComment(file, "a comment");
  for (int picture = 0; picture < pictures; ++picture) {
    GraphicsControlBlock control = {};
    control.TransparentColor = transparent;
    GifByteType block[4];
    EGifPutExtension(file, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(EGifGCBToExtension(&control, block)), block);
    EGifPutImageDesc(file, picture, 2, kWide - 3, kHigh - 4, interlaced, own_colours ? map.get() : nullptr);
    GifByteType row[kWide];
    for (int y = 0; y < kHigh - 4; ++y) {
      for (int x = 0; x < kWide; ++x) row[x] = static_cast<uint8_t>((x * y + picture) % 16);
      EGifPutLine(file, row, kWide - 3);
    }
  }
  EGifCloseFile(file, &error);
  return out;
}

}  // namespace

std::vector<Bytes> gif_corpus() {
  return {gif_of(false, 1, NO_TRANSPARENT_COLOR, false), gif_of(true, 1, 3, true), gif_of(false, 3, 0, false)};
}
#else
std::vector<Bytes> gif_corpus() { return {}; }
#endif

#if SR3_HEIF
// Of each coder that the library has (HEVC, AV1), opaque and with alpha.
std::vector<Bytes> heif_corpus() {
  constexpr int kSide = 64;
  std::vector<Bytes> out;
  for (const auto coder : {heif_compression_HEVC, heif_compression_AV1})
    for (const bool alpha : {false, true}) {
      heif_context* context = heif_context_alloc();
      heif_encoder* encoder = nullptr;
      heif_image* image = nullptr;
      int stride = 0;
      const auto chroma = alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;
      if (heif_context_get_encoder_for_format(context, coder, &encoder).code == heif_error_Ok &&
          heif_image_create(kSide, kSide, heif_colorspace_RGB, chroma, &image).code == heif_error_Ok &&
          heif_image_add_plane(image, heif_channel_interleaved, kSide, kSide, 8).code == heif_error_Ok) {
        uint8_t* plane = heif_image_get_plane(image, heif_channel_interleaved, &stride);
        const auto rgba = some_rgba(kSide, kSide);
        for (int y = 0; y < kSide; ++y)
          std::memcpy(plane + y * stride, &rgba[static_cast<size_t>(y * kSide)], kSide * 3);
        const std::string profile = test_profile();
        heif_image_set_raw_color_profile(image, "prof", profile.data(), profile.size());
        heif_writer writer = {1, [](heif_context*, const void* data, size_t size, void* to) {
                                append(*static_cast<Bytes*>(to), data, size);
                                return heif_error{heif_error_Ok, heif_suberror_Unspecified, ""};
                              }};
        Bytes made;
        if (heif_context_encode_image(context, image, encoder, nullptr, nullptr).code == heif_error_Ok &&
            heif_context_write(context, &writer, &made).code == heif_error_Ok)
          out.push_back(std::move(made));
      }
      heif_image_release(image);
      if (encoder) heif_encoder_release(encoder);
      heif_context_free(context);
    }
  return out;
}
#else
std::vector<Bytes> heif_corpus() { return {}; }
#endif

}  // namespace sr3
