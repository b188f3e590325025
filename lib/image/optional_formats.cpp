#include "image/optional_formats.h"

#include "image/containers.h"

namespace sr3 {
// CMakeLists.txt defines these names: 1 if the library is there, else 0.
const std::array<OptionalFormat, 4> kOptionalFormats = {
    {{Format::kWebp, "WebP", "libwebp", SR3_WEBP, begins_as_webp, {"webp"}},
     {Format::kTiff, "TIFF", "libtiff", SR3_TIFF, begins_as_tiff, {"tif", "tiff"}},
     {Format::kGif, "GIF", "giflib", SR3_GIF, begins_as_gif, {"gif"}},
     {Format::kHeif, "HEIF", "libheif", SR3_HEIF, begins_as_heif, {"heic", "heif", "hif", "avif"}}}};

}  // namespace sr3
