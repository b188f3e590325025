#include "image/image.h"

#include <algorithm>
#include <stdexcept>

namespace sr3 {

Image make_image(int64_t width, int64_t height, int depth) {
  if (width < 1 || height < 1 || (depth != 8 && depth != 16)) throw std::logic_error("make_image: bad size or depth");
  Image image;
  image.width = width;
  image.height = height;
  image.depth = depth;
  if (depth == 8)
    image.u8.resize(image.samples());
  else
    image.u16.resize(image.samples());
  return image;
}

namespace {

// An image of another size with the same depth, profile, EXIF data and comment, and alpha if `image` has some; all samples are 0.
Image resembling(const Image& image, int64_t width, int64_t height) {
  Image out = make_image(width, height, image.depth);
  if (!image.alpha.empty()) out.alpha.resize(static_cast<size_t>(width * height));
  out.profile = image.profile;
  out.exif = image.exif;
  out.comment = image.comment;
  return out;
}

// Calls copy(from, to, channels) for the samples of `image` and those of `out`, and for their alpha.
template <class Copy>
void each_plane(const Image& image, Image& out, Copy copy) {
  if (image.depth == 8)
    copy(image.u8, out.u8, Image::kChannels);
  else
    copy(image.u16, out.u16, Image::kChannels);
  if (!image.alpha.empty()) copy(image.alpha, out.alpha, 1);
}

}  // namespace

Image with_depth(const Image& image, int depth) {
  if (image.depth == depth) return image;
  Image out = make_image(image.width, image.height, depth);
  out.alpha = image.alpha;
  out.profile = image.profile;
  out.exif = image.exif;
  out.comment = image.comment;
  if (depth == 16)
    std::transform(image.u8.begin(), image.u8.end(), out.u16.begin(), [](uint8_t x) { return uint16_t(x * 257); });
  else
    std::transform(image.u16.begin(), image.u16.end(), out.u8.begin(), rounded_to_8);
  return out;
}

Image crop(const Image& image, int64_t x, int64_t y, int64_t width, int64_t height) {
  if (x < 0 || y < 0 || width < 1 || height < 1 || x > image.width - width || y > image.height - height)
    throw std::logic_error("crop: outside the image");
  Image out = resembling(image, width, height);
  each_plane(image, out, [&](const auto& from, auto& to, int64_t channels) {
    for (int64_t row = 0; row < height; ++row)
      std::copy_n(from.begin() + ((y + row) * image.width + x) * channels, width * channels,
                  to.begin() + row * width * channels);
  });
  return out;
}

Image padded(const Image& image, int64_t side) {
  const int64_t width = std::max(image.width, side), height = std::max(image.height, side);
  if (width == image.width && height == image.height) return image;
  Image out = resembling(image, width, height);
  const int64_t left = (width - image.width) / 2, top = (height - image.height) / 2;
  each_plane(image, out, [&](const auto& from, auto& to, int64_t channels) {
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x) {
        const int64_t from_x = std::clamp<int64_t>(x - left, 0, image.width - 1);
        const int64_t from_y = std::clamp<int64_t>(y - top, 0, image.height - 1);
        std::copy_n(from.begin() + (from_y * image.width + from_x) * channels, channels,
                    to.begin() + (y * width + x) * channels);
      }
  });
  return out;
}

}  // namespace sr3
