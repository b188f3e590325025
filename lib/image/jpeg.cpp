#include "image/jpeg.h"

#include <cctype>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

// jpeglib.h needs <cstdio> before it, and jerror.h needs jpeglib.h.
#include <jpeglib.h>
// (This comment keeps clang-format from sorting the two.)
#include <jerror.h>

#include "base/error.h"
#include "image/alpha.h"
#include "image/exif.h"
#include "image/icc_profile.h"
#include "image/orientation.h"

namespace sr3 {

namespace {

// Progressive encoders write about ten scans; hundreds over one image only waste time.
constexpr int kMaxScans = 100;

// libjpeg reports errors by longjmp: whatever needs a destructor lives outside the functions that are jumped over.
struct Failure {
  jpeg_error_mgr manager;  // first, because libjpeg has a pointer to this member only
  std::jmp_buf jump;
  bool truncated = false;
  char message[JMSG_LENGTH_MAX] = "";
};

[[noreturn]] void fail(j_common_ptr info) {
  auto& failure = *reinterpret_cast<Failure*>(info->err);
  info->err->format_message(info, failure.message);
  std::longjmp(failure.jump, 1);
}

// Warnings that mean lost pixels are errors; the others (unusual but complete files) are ignored.
void warned(j_common_ptr info, int level) {
  if (level >= 0) return;
  auto& failure = *reinterpret_cast<Failure*>(info->err);
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
      failure.truncated = true;
      [[fallthrough]];
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_TOO_MUCH_DATA:
      fail(info);
    default:
      break;
  }
}

void prepare(Failure& failure) {
  jpeg_std_error(&failure.manager);
  failure.manager.error_exit = fail;
  failure.manager.emit_message = warned;
  failure.manager.output_message = [](j_common_ptr) {};
}

struct JpegReading {
  jpeg_decompress_struct info{};
  jpeg_progress_mgr progress{};
  Failure failure;
  std::span<const uint8_t> bytes;
  Image image;
  Bytes row;  // CMYK
  JOCTET* profile = nullptr;
  unsigned profile_size = 0;

  JpegReading() {
    prepare(failure);
    info.err = &failure.manager;
  }
  ~JpegReading() {
    jpeg_destroy_decompress(&info);
    std::free(profile);
  }
};

void watch_scans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans) ERREXIT(info, JERR_NOT_COMPILED);
}

bool read_header(JpegReading& r) {
  if (setjmp(r.failure.jump)) return false;
  jpeg_create_decompress(&r.info);
  r.progress.progress_monitor = watch_scans;
  r.info.progress = &r.progress;
  jpeg_mem_src(&r.info, r.bytes.data(), r.bytes.size());
  jpeg_save_markers(&r.info, JPEG_APP0 + 1, 0xffff);
  jpeg_save_markers(&r.info, JPEG_APP0 + 2, 0xffff);  // profiles
  jpeg_read_header(&r.info, TRUE);
  return true;
}

bool read_profile(JpegReading& r) {
  if (setjmp(r.failure.jump)) return false;
  jpeg_read_icc_profile(&r.info, &r.profile, &r.profile_size);  // none, if its parts do not fit together
  return true;
}

// As in Pillow, samples are treated as inverted (Adobe's convention, which encoders follow): R = K - (255 - C) K / 255.
void cmyk_to_rgb(const uint8_t* from, uint8_t* to, size_t pixels) {
  for (; pixels--; from += 4, to += 3) {
    for (int c = 0; c < 3; ++c) {
      const int product = (255 - from[c]) * from[3] + 128;
      to[c] = static_cast<uint8_t>(from[3] - (((product >> 8) + product) >> 8));
    }
  }
}

bool read_rows(JpegReading& r) {
  if (setjmp(r.failure.jump)) return false;
  const bool cmyk = r.info.out_color_space == JCS_CMYK;
  jpeg_start_decompress(&r.info);
  while (r.info.output_scanline < r.info.output_height) {
    uint8_t* const to = r.image.u8.data() + size_t{r.info.output_scanline} * r.info.output_width * Image::kChannels;
    JSAMPROW row = cmyk ? r.row.data() : to;
    jpeg_read_scanlines(&r.info, &row, 1);
    if (cmyk) cmyk_to_rgb(row, to, r.info.output_width);
  }
  jpeg_finish_decompress(&r.info);
  return true;
}

// The EXIF data, which are a segment APP1 that begins with its name.
std::vector<uint8_t> exif_of(const jpeg_decompress_struct& info) {
  using std::string_view_literals::operator""sv;
  for (const jpeg_marker_struct* marker = info.marker_list; marker; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (!data.starts_with("Exif\0\0"sv)) continue;
    if (auto block = exif_block({marker->data, marker->data_length}); !block.empty()) return block;
  }
  return {};
}

// Of EXIF, or if that has none, of XMP; both are in segments APP1, which begin with their names.
int orientation_of(const jpeg_decompress_struct& info) {
  using std::string_view_literals::operator""sv;
  int exif = 0, xmp = 0;
  for (const jpeg_marker_struct* marker = info.marker_list; marker; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.starts_with("Exif\0\0"sv) && exif == 0) exif = exif_orientation({marker->data, marker->data_length});
    if (data.starts_with("http://ns.adobe.com/xap/1.0/\0"sv) && xmp == 0) xmp = xmp_orientation(data);
  }
  return exif ? exif : xmp;
}

}  // namespace

Image decode_jpeg(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits) {
  JpegReading r;
  r.bytes = bytes;
  const auto damaged = [&] {
    if (r.failure.truncated) return DataError(cat("cannot read '", origin, "': truncated at byte ", bytes.size()));
    const size_t at = r.info.src ? bytes.size() - r.info.src->bytes_in_buffer : 0;
    std::string text =
        r.info.input_scan_number > kMaxScans ? cat("more than ", kMaxScans, " scans") : r.failure.message;
    if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])))  // but not that of "JPEG"
      text[0] = static_cast<char>(std::tolower(text[0]));
    return DataError(cat("cannot read '", origin, "': ", text, " at byte ", at));
  };
  if (!read_header(r)) throw damaged();
  check_size(r.info.image_width, r.info.image_height, origin, limits);
  // Huffman coding takes at least one bit for each block of 64 samples: a short file that claims to be large is refused
  // before memory is allocated for it. (A quarter of the blocks, because components may have half the width and height.)
  if (const uint64_t pixels = uint64_t{r.info.image_width} * r.info.image_height;
      !r.info.arith_code && pixels / (64 * 8 * 4) > bytes.size())
    throw DataError(cat("cannot read '", origin, "': truncated: ", bytes.size(), " bytes cannot hold ",
                        r.info.image_width, "x", r.info.image_height));
  const bool cmyk = r.info.num_components == 4;
  r.info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  r.image = make_image(r.info.image_width, r.info.image_height, 8);
  if (cmyk) r.row.resize(size_t{r.info.image_width} * 4);
  const int orientation = orientation_of(r.info);  // now, because libjpeg frees the markers after the last row
  r.image.exif = exif_of(r.info);
  if (!read_profile(r)) throw damaged();
  if (r.profile) r.image.profile = usable_profile({r.profile, r.profile + r.profile_size}, origin);
  if (!read_rows(r)) throw damaged();
  check_end(bytes.size() - r.info.src->bytes_in_buffer, bytes.size(), origin);
  return upright(std::move(r.image), orientation);
}

namespace {

struct JpegWriting {
  jpeg_compress_struct info{};
  Failure failure;
  unsigned char* out = nullptr;
  unsigned long size = 0;
  const Image* image = nullptr;
  int quality = 95;
  bool full_chroma = true;
  Bytes exif;  // of the segment

  JpegWriting() {
    prepare(failure);
    info.err = &failure.manager;
  }
  ~JpegWriting() {
    jpeg_destroy_compress(&info);
    std::free(out);
  }
};

bool write_all(JpegWriting& w) {
  if (setjmp(w.failure.jump)) return false;
  jpeg_create_compress(&w.info);
  jpeg_mem_dest(&w.info, &w.out, &w.size);
  w.info.image_width = static_cast<JDIMENSION>(w.image->width);
  w.info.image_height = static_cast<JDIMENSION>(w.image->height);
  w.info.input_components = Image::kChannels;
  w.info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&w.info);
  jpeg_set_quality(&w.info, w.quality, TRUE);
  if (w.full_chroma) w.info.comp_info[0].h_samp_factor = w.info.comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(&w.info, TRUE);
  if (!w.exif.empty()) jpeg_write_marker(&w.info, JPEG_APP0 + 1, w.exif.data(), static_cast<unsigned>(w.exif.size()));
  if (const auto& profile = w.image->profile; !profile.empty())
    jpeg_write_icc_profile(&w.info, profile.data(), static_cast<unsigned>(profile.size()));
  while (w.info.next_scanline < w.info.image_height) {
    auto* row =
        const_cast<JSAMPLE*>(w.image->u8.data() + size_t{w.info.next_scanline} * w.info.image_width * Image::kChannels);
    jpeg_write_scanlines(&w.info, &row, 1);
  }
  jpeg_finish_compress(&w.info);
  return true;
}

}  // namespace

Bytes encode_jpeg(const Image& image, const EncodeOptions& options) {
  if (!image.alpha.empty()) return encode_jpeg(over_white(image), options);
  if (image.depth == 16) return encode_jpeg(with_depth(image, 8), options);
  if (image.width > JPEG_MAX_DIMENSION || image.height > JPEG_MAX_DIMENSION)
    throw Error(cat("cannot encode a JPEG image: ", image.width, "x", image.height, " is more than ",
                    JPEG_MAX_DIMENSION, " pixels a side"));
  JpegWriting w;
  w.image = &image;
  w.quality = options.jpeg_quality;
  if (!image.exif.empty() && image.exif.size() <= kMaxJpegExif) {
    w.exif = {'E', 'x', 'i', 'f', 0, 0};
    w.exif.insert(w.exif.end(), image.exif.begin(), image.exif.end());
  }
  w.full_chroma = options.jpeg_quality >= options.full_chroma;
  if (!write_all(w)) throw Error(cat("cannot encode a JPEG image: ", w.failure.message));
  return {w.out, w.out + w.size};
}

}  // namespace sr3
