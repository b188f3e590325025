// HEIF (HEIC and AVIF) through libheif: the primary image, with the rotation and mirroring that the file prescribes.
#include <libheif/heif.h>

#include <bit>
#include <memory>

#include "base/error.h"
#include "image/containers.h"
#include "image/exif.h"
#include "image/icc_profile.h"
#include "image/optional_formats.h"
#include "image/rgba.h"

namespace sr3 {
namespace {

template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

std::vector<uint8_t> heif_profile(const heif_image_handle* handle, const std::string& origin) {
  const auto kind = heif_image_handle_get_color_profile_type(handle);
  if (kind != heif_color_profile_type_prof && kind != heif_color_profile_type_rICC) return {};
  const size_t size = heif_image_handle_get_raw_color_profile_size(handle);
  std::vector<uint8_t> profile(std::min(size, kMaxProfile + 1));
  if (size == 0 || (size <= kMaxProfile && heif_image_handle_get_raw_color_profile(handle, profile.data()).code != 0))
    return {};
  return usable_profile(std::move(profile), origin);
}

// Before the block stands, in four bytes, how many more are before it.
std::vector<uint8_t> heif_exif(const heif_image_handle* handle) {
  heif_item_id id = 0;
  if (heif_image_handle_get_list_of_metadata_block_IDs(handle, "Exif", &id, 1) != 1) return {};
  const size_t size = heif_image_handle_get_metadata_size(handle, id);
  if (size < 4 || size > kMaxExif) return {};
  std::vector<uint8_t> data(size);
  if (heif_image_handle_get_metadata(handle, id, data.data()).code != 0) return {};
  const size_t skip = size_t{data[0]} << 24 | size_t{data[1]} << 16 | size_t{data[2]} << 8 | data[3];
  const std::span<const uint8_t> rest = std::span<const uint8_t>(data).subspan(4);
  return skip < rest.size() ? exif_block(rest.subspan(skip)) : std::vector<uint8_t>{};
}

// Samples of `bits` bits as those of the image, with their alpha, if there are four channels.
template <class Sample>
void take_rows(const uint8_t* plane, int stride, int channels, int bits, bool multiplied, std::vector<Sample>& samples,
               Image& image) {
  const uint32_t most = (1u << bits) - 1, top = sizeof(Sample) == 1 ? 255 : 65535;
  size_t at = 0;
  for (int64_t y = 0; y < image.height; ++y) {
    const auto* from = reinterpret_cast<const Sample*>(plane + static_cast<size_t>(y) * static_cast<size_t>(stride));
    for (int64_t x = 0; x < image.width; ++x, ++at, from += channels) {
      const uint32_t alpha = channels == 4 ? std::min<uint32_t>(from[3], most) : most;
      for (size_t c = 0; c < 3; ++c) {
        uint32_t level = std::min<uint32_t>(from[c], most);
        if (multiplied) level = unmultiplied(level, alpha, most);
        samples[at * 3 + c] = static_cast<Sample>((2 * uint64_t{level} * top + most) / (2 * uint64_t{most}));
      }
      if (channels == 4)
        image.alpha[at] = static_cast<uint16_t>((2 * uint64_t{alpha} * 65535 + most) / (2 * uint64_t{most}));
    }
  }
}

}  // namespace

Image decode_heif(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits) {
  const auto check = [&](const heif_error& error) {
    if (error.code != heif_error_Ok)
      throw DataError(cat("cannot read '", origin, "': ", error.message ? error.message : "damaged HEIF image"));
  };
  check_end(end_of_heif([&](size_t) { return bytes; }, origin), bytes.size(), origin);
  const Owned<heif_context> context(heif_context_alloc(), heif_context_free);
  if (!context) throw std::bad_alloc();
  check(heif_context_read_from_memory_without_copy(context.get(), bytes.data(), bytes.size(), nullptr));
  heif_image_handle* found = nullptr;
  check(heif_context_get_primary_image_handle(context.get(), &found));
  const Owned<const heif_image_handle> handle(found, heif_image_handle_release);
  const int64_t width = heif_image_handle_get_width(found), height = heif_image_handle_get_height(found);
  if (width < 1 || height < 1) throw DataError(cat("cannot read '", origin, "': bad size of a HEIF image"));
  check_size(width, height, origin, limits);

  const bool alpha = heif_image_handle_has_alpha_channel(found) != 0;
  const bool deep = heif_image_handle_get_luma_bits_per_pixel(found) > 8;
  const bool little = std::endian::native == std::endian::little;
  const auto wide = little ? heif_chroma_interleaved_RRGGBB_LE : heif_chroma_interleaved_RRGGBB_BE;
  const auto wide_alpha = little ? heif_chroma_interleaved_RRGGBBAA_LE : heif_chroma_interleaved_RRGGBBAA_BE;
  const auto narrow = alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;
  heif_image* decoded = nullptr;
  check(heif_decode_image(found, &decoded, heif_colorspace_RGB, deep ? (alpha ? wide_alpha : wide) : narrow, nullptr));
  const Owned<const heif_image> release(decoded, heif_image_release);
  int stride = 0;
  const uint8_t* const plane = heif_image_get_plane_readonly(decoded, heif_channel_interleaved, &stride);
  const int bits = heif_image_get_bits_per_pixel_range(decoded, heif_channel_interleaved);
  // The coded picture may have another size than the file says.
  if (!plane || heif_image_get_width(decoded, heif_channel_interleaved) != width ||
      heif_image_get_height(decoded, heif_channel_interleaved) != height || bits < 8 || bits > 16)
    throw DataError(cat("cannot read '", origin, "': damaged HEIF image"));

  Image image = make_image(width, height, deep ? 16 : 8);
  if (alpha) image.alpha.resize(static_cast<size_t>(width * height));
  const bool multiplied = alpha && heif_image_handle_is_premultiplied_alpha(found) != 0;
  if (deep)
    take_rows(plane, stride, alpha ? 4 : 3, bits, multiplied, image.u16, image);
  else
    take_rows(plane, stride, alpha ? 4 : 3, bits, multiplied, image.u8, image);
  image.profile = heif_profile(found, origin);
  image.exif = heif_exif(found);
  return image;
}

}  // namespace sr3
