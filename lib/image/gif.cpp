// GIF through giflib: the first picture, on a transparent screen.
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "image/containers.h"
#include "image/optional_formats.h"

namespace sr3 {
namespace {

struct GifReading {
  std::span<const uint8_t> bytes;
  size_t at = 0;
  GifFileType* file = nullptr;
  int transparent = NO_TRANSPARENT_COLOR;
  ~GifReading() {
    if (file) DGifCloseFile(file, nullptr);
  }
};

int take_gif(GifFileType* file, GifByteType* to, int n) {
  auto& reading = *static_cast<GifReading*>(file->UserData);
  const size_t got = std::min(static_cast<size_t>(n), reading.bytes.size() - reading.at);
  std::memcpy(to, reading.bytes.data() + reading.at, got);
  reading.at += got;
  return static_cast<int>(got);
}

// Reads up to the first picture's description. False if giflib reports an error, or there is no picture.
bool find_picture(GifReading& r) {
  GifRecordType kind = UNDEFINED_RECORD_TYPE;
  while (DGifGetRecordType(r.file, &kind) == GIF_OK) {
    if (kind == IMAGE_DESC_RECORD_TYPE) return DGifGetImageDesc(r.file) == GIF_OK;
    if (kind == TERMINATE_RECORD_TYPE) return false;
    if (kind != EXTENSION_RECORD_TYPE) continue;
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(r.file, &code, &block) != GIF_OK) return false;
    while (block) {
      GraphicsControlBlock control;
      if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
        r.transparent = control.TransparentColor;
      if (DGifGetExtensionNext(r.file, &block) != GIF_OK) return false;
    }
  }
  return false;
}

}  // namespace

Image decode_gif(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits) {
  check_end(end_of_gif([&](size_t) { return bytes; }, origin), bytes.size(), origin);
  GifReading r;
  r.bytes = bytes;
  int error = 0;
  const auto damaged = [&](const std::string& what) {
    return DataError(cat("cannot read '", origin, "': ", what, " at byte ", r.at));
  };
  const auto reason = [&](int code) {
    const char* const text = GifErrorString(code);
    return text ? cat("damaged GIF image (", text, ")") : std::string("damaged GIF image");
  };
  r.file = DGifOpen(&r, take_gif, &error);
  if (!r.file) throw damaged(reason(error));
  if (!find_picture(r)) throw damaged(r.file->Error ? reason(r.file->Error) : "a GIF without an image");
  const GifImageDesc& picture = r.file->Image;
  // Some programs leave the screen's size at 0.
  const int64_t width = r.file->SWidth > 0 ? r.file->SWidth : picture.Width;
  const int64_t height = r.file->SHeight > 0 ? r.file->SHeight : picture.Height;
  if (width < 1 || height < 1 || picture.Width < 1 || picture.Height < 1) throw damaged("bad size of a GIF image");
  check_size(width, height, origin, limits);
  const ColorMapObject* const colours = picture.ColorMap ? picture.ColorMap : r.file->SColorMap;
  if (!colours) throw damaged("a GIF without a palette");

  Image image = make_image(width, height);
  image.alpha.resize(static_cast<size_t>(width * height));
  Bytes row(static_cast<size_t>(picture.Width));
  static constexpr int kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};  // the passes of an interlaced picture
  for (int pass = 0; pass < (picture.Interlace ? 4 : 1); ++pass)
    for (int64_t y = picture.Interlace ? kFirst[pass] : 0; y < picture.Height;
         y += picture.Interlace ? kStep[pass] : 1) {
      if (DGifGetLine(r.file, row.data(), picture.Width) != GIF_OK) throw damaged(reason(r.file->Error));
      const int64_t to_y = picture.Top + y;
      for (int64_t x = 0; x < picture.Width; ++x) {
        const int64_t to_x = picture.Left + x;
        const int index = row[static_cast<size_t>(x)];
        if (index == r.transparent || to_x >= width || to_y >= height || to_x < 0 || to_y < 0) continue;
        if (index >= colours->ColorCount) throw damaged("a colour that is not in the palette");
        const GifColorType& colour = colours->Colors[index];
        const auto at = static_cast<size_t>(to_y * width + to_x);
        image.u8[at * 3] = colour.Red, image.u8[at * 3 + 1] = colour.Green, image.u8[at * 3 + 2] = colour.Blue;
        image.alpha[at] = 65535;
      }
    }
  return image;
}

}  // namespace sr3
