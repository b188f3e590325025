#include "image/png.h"

#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstring>

#include "base/error.h"
#include "image/orientation.h"
#include "image/png_chunks.h"
#include "image/rgba.h"

namespace sr3 {

namespace {

uint32_t big_endian(const uint8_t* at) { return at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]; }

// libpng reports errors by longjmp: whatever needs a destructor lives here, outside the functions that are jumped over.
struct Reading {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const uint8_t> bytes;
  size_t at = 0;
  char message[256] = "";
  Image image;
  Bytes spare;                  // RGBA samples: a row, or the whole image if it is interlaced
  std::vector<png_bytep> rows;  // of an interlaced image

  ~Reading() { png_destroy_read_struct(&png, &info, nullptr); }
};

template <class State>
void fail(png_structp png, png_const_charp message) {
  auto& state = *static_cast<State*>(png_get_error_ptr(png));
  std::strncpy(state.message, message, sizeof state.message - 1);
  png_longjmp(png, 1);
}

void ignore(png_structp, png_const_charp) {}

void take(png_structp png, png_bytep to, size_t n) {
  auto& reading = *static_cast<Reading*>(png_get_io_ptr(png));
  if (n > reading.bytes.size() - reading.at) png_error(png, "truncated");
  std::memcpy(to, reading.bytes.data() + reading.at, n);
  reading.at += n;
}

void split_row(Reading& r, const uint8_t* rgba, int64_t y) {
  const auto width = static_cast<size_t>(r.image.width), at = static_cast<size_t>(y) * width;
  if (r.image.depth == 8)
    split_pixels(rgba, &r.image.u8[at * 3], &r.image.alpha[at], width);
  else
    split_pixels(reinterpret_cast<const uint16_t*>(rgba), &r.image.u16[at * 3], &r.image.alpha[at], width);
}

// Chunks that libpng ignores: none of them affects our pixels, and some can be decompression bombs (iCCP, zTXt, iTXt).
constexpr png_byte kUnread[] =
    "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0sTER\0tEXt\0tIME\0zTXt";

void start(Reading& r) {
  png_set_read_fn(r.png, &r, take);
  // A wrong CRC of a chunk without pixels has been reported already (png_chunks.h).
  png_set_crc_action(r.png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
  // Some encoders announce a smaller window than they use.
  png_set_option(r.png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
  png_set_keep_unknown_chunks(r.png, PNG_HANDLE_CHUNK_NEVER, nullptr, 0);
  png_set_keep_unknown_chunks(r.png, PNG_HANDLE_CHUNK_NEVER, kUnread, sizeof kUnread / 5);
  png_set_user_limits(r.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_malloc_max(r.png, 1 << 20);
  png_read_info(r.png, r.info);
  png_set_expand(r.png);
  png_set_gray_to_rgb(r.png);
  if (std::endian::native == std::endian::little) png_set_swap(r.png);
}

uint8_t* pixels_of(Image& image) {
  return image.depth == 8 ? image.u8.data() : reinterpret_cast<uint8_t*>(image.u16.data());
}

bool read_info(Reading& r) {
  if (setjmp(png_jmpbuf(r.png))) return false;
  start(r);
  png_set_interlace_handling(r.png);
  png_read_update_info(r.png, r.info);
  return true;
}

bool read_rows(Reading& r, bool alpha, size_t stride) {
  if (setjmp(png_jmpbuf(r.png))) return false;
  if (!r.rows.empty()) {
    png_read_image(r.png, r.rows.data());
  } else {
    for (int64_t y = 0; y < r.image.height; ++y) {
      png_read_row(r.png, alpha ? r.spare.data() : pixels_of(r.image) + static_cast<size_t>(y) * stride, nullptr);
      if (alpha) split_row(r, r.spare.data(), y);
    }
  }
  png_read_end(r.png, nullptr);
  return true;
}

}  // namespace

uint64_t PngHeader::size() const {
  const uint64_t row = (static_cast<uint64_t>(width) * channels * depth + 7) / 8 + 1;
  return row * static_cast<uint64_t>(height) * 2;
}

PngHeader parse_png_header(std::span<const uint8_t> head, const std::string& origin, const Limits& limits) {
  static constexpr uint8_t kBegin[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
  if (!std::equal(std::begin(kBegin), std::end(kBegin), head.begin()))
    throw DataError(cat("cannot read '", origin, "': damaged PNG header at byte 0"));
  static constexpr int kChannels[] = {1, 0, 3, 1, 2, 0, 4};
  PngHeader header;
  header.width = big_endian(&head[16]);
  header.height = big_endian(&head[20]);
  header.depth = head[24];
  header.channels = head[25] < std::size(kChannels) ? kChannels[head[25]] : 0;
  if (header.width < 1 || header.height < 1 || header.width > PNG_UINT_31_MAX || header.height > PNG_UINT_31_MAX ||
      header.channels == 0 || header.depth > 16)
    throw DataError(cat("cannot read '", origin, "': bad PNG header at byte 16"));
  check_size(header.width, header.height, origin, limits);
  return header;
}

Image decode_png(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits) {
  if (bytes.size() < kPngHeader) throw DataError(cat("cannot read '", origin, "': truncated at byte ", bytes.size()));
  const PngHeader header = parse_png_header(bytes, origin, limits);
  PngChunks chunks = read_png_chunks(bytes, origin);  // libpng is never given a truncated file
  // Deflate compresses by a factor of at most 1032: a short file that claims to be large is refused before memory is
  // allocated for it.
  if (chunks.compressed * 1040 + 1024 < header.size() / 2)
    throw DataError(cat("cannot read '", origin, "': truncated: ", chunks.compressed, " compressed bytes cannot hold ",
                        header.width, "x", header.height));
  Reading r;
  r.bytes = bytes;
  r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, fail<Reading>, ignore);
  r.info = r.png ? png_create_info_struct(r.png) : nullptr;
  if (!r.info) throw std::bad_alloc();
  const auto damaged = [&] { return DataError(cat("cannot read '", origin, "': ", r.message, " at byte ", r.at)); };
  if (!read_info(r)) throw damaged();

  r.image = make_image(header.width, header.height, png_get_bit_depth(r.png, r.info));
  const bool alpha = png_get_channels(r.png, r.info) == 4;
  const bool interlaced = png_get_interlace_type(r.png, r.info) != PNG_INTERLACE_NONE;
  const size_t stride = png_get_rowbytes(r.png, r.info);
  if (alpha) r.image.alpha.resize(static_cast<size_t>(header.width * header.height));
  if (alpha) r.spare.resize(interlaced ? stride * r.image.height : stride);
  if (interlaced) r.rows.resize(r.image.height);
  for (size_t y = 0; y < r.rows.size(); ++y) r.rows[y] = (alpha ? r.spare.data() : pixels_of(r.image)) + y * stride;
  if (!read_rows(r, alpha, stride)) throw damaged();
  if (alpha && interlaced)
    for (int64_t y = 0; y < r.image.height; ++y) split_row(r, r.rows[y], y);
  r.image.profile = std::move(chunks.profile);
  r.image.exif = std::move(chunks.exif);
  r.image.comment = std::move(chunks.comment);
  return upright(std::move(r.image), chunks.orientation);
}

namespace {

// The data of a chunk iCCP: a name, the method, and the compressed profile. libpng's own function refuses profiles that it
// thinks wrong.
Bytes profile_chunk(const std::vector<uint8_t>& profile) {
  static constexpr uint8_t kHead[] = {'I', 'C', 'C', 0, 0};
  uLongf size = compressBound(profile.size());
  Bytes data(sizeof kHead + size);
  std::copy(std::begin(kHead), std::end(kHead), data.begin());
  if (compress(data.data() + sizeof kHead, &size, profile.data(), profile.size()) != Z_OK) throw std::bad_alloc();
  data.resize(sizeof kHead + size);
  return data;
}

struct Writing {
  png_structp png = nullptr;
  png_infop info = nullptr;
  Bytes out;
  char message[256] = "";
  const Image* image = nullptr;
  int level = 2;
  png_text texts[2] = {};
  int text_count = 0;
  Bytes profile;  // the data of its chunk
  Bytes row;      // RGBA, if the image has alpha

  ~Writing() { png_destroy_write_struct(&png, &info); }
};

void put(png_structp png, png_bytep from, size_t n) {
  auto& writing = *static_cast<Writing*>(png_get_io_ptr(png));
  bool full = false;
  try {
    writing.out.insert(writing.out.end(), from, from + n);
  } catch (const std::bad_alloc&) {
    full = true;
  }
  if (full) png_error(png, "out of memory");
}

void add_text(Writing& w, const char* key, const std::string& text) {
  if (text.empty()) return;
  png_text& entry = w.texts[w.text_count++];
  entry.compression = PNG_TEXT_COMPRESSION_NONE;
  entry.key = const_cast<char*>(key);
  entry.text = const_cast<char*>(text.c_str());
  entry.text_length = text.size();
}

const uint8_t* row_of(Writing& w, int64_t y) {
  const Image& image = *w.image;
  const auto width = static_cast<size_t>(image.width), at = static_cast<size_t>(y) * width;
  if (image.alpha.empty())
    return image.depth == 8 ? &image.u8[at * 3] : reinterpret_cast<const uint8_t*>(&image.u16[at * 3]);
  if (image.depth == 8)
    join_pixels(&image.u8[at * 3], &image.alpha[at], w.row.data(), width);
  else
    join_pixels(&image.u16[at * 3], &image.alpha[at], reinterpret_cast<uint16_t*>(w.row.data()), width);
  return w.row.data();
}

bool write_all(Writing& w) {
  if (setjmp(png_jmpbuf(w.png))) return false;
  const Image& image = *w.image;
  png_set_write_fn(w.png, &w, put, [](png_structp) {});
  png_set_user_limits(w.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(w.png, w.info, image.width, image.height, image.depth,
               image.alpha.empty() ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGB_ALPHA, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  // On photographs zlib's level 2 with these two filters makes smaller files than level 6 with all five (0.603 against
  // 0.608 of the raw size), six times as fast. The other filters only help at the highest levels, by the last per cent.
  png_set_compression_level(w.png, w.level);
  png_set_compression_strategy(w.png, 0);  // Z_DEFAULT_STRATEGY: smaller files than libpng's choice from level 4 on
  png_set_filter(w.png, PNG_FILTER_TYPE_BASE, w.level <= 6 ? PNG_FILTER_SUB | PNG_FILTER_UP : PNG_ALL_FILTERS);
  png_set_text(w.png, w.info, w.texts, w.text_count);
  png_write_info(w.png, w.info);
  if (!w.profile.empty())
    png_write_chunk(w.png, reinterpret_cast<png_const_bytep>("iCCP"), w.profile.data(), w.profile.size());
  if (!image.exif.empty())
    png_write_chunk(w.png, reinterpret_cast<png_const_bytep>("eXIf"), image.exif.data(), image.exif.size());
  if (std::endian::native == std::endian::little) png_set_swap(w.png);
  for (int64_t y = 0; y < image.height; ++y) png_write_row(w.png, row_of(w, y));
  png_write_end(w.png, nullptr);
  return true;
}

}  // namespace

Bytes encode_png(const Image& image, const EncodeOptions& options) {
  Writing w;
  w.image = &image;
  w.level = std::clamp(options.png_level, 0, 9);
  w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &w, fail<Writing>, ignore);
  w.info = w.png ? png_create_info_struct(w.png) : nullptr;
  if (!w.info) throw std::bad_alloc();
  if (!image.profile.empty()) w.profile = profile_chunk(image.profile);
  if (!image.alpha.empty()) w.row.resize(static_cast<size_t>(image.width * 4 * (image.depth / 8)));
  add_text(w, "Comment", image.comment);
  add_text(w, "Software", options.software);
  if (!write_all(w)) throw Error(cat("cannot encode a PNG image: ", w.message));
  return std::move(w.out);
}

}  // namespace sr3
