#include "metrics/scores.h"

#include <algorithm>

#include "base/error.h"
#include "base/options.h"
#include "degrade/resize.h"
#include "metrics/psnr.h"
#include "metrics/ssim.h"

namespace sr3 {
namespace {

std::string size_of(const Image& image) { return cat(image.width, "x", image.height); }

Image without_border(const Image& image, int64_t n) {
  if (n == 0) return image;
  if (n >= (std::min(image.width, image.height) + 1) / 2)
    throw DataError(cat("a border of ", n, " pixels leaves nothing of an image of ", size_of(image)));
  return crop(image, n, n, image.width - 2 * n, image.height - 2 * n);
}

// Downsamples the image by the scale, or else by the ratio of the sizes, and compares the result with low_res.
double consistency(const ScoreOptions& options, const Image& image, const Image& low_res) {
  const int64_t scale = options.scale > 0 ? options.scale : image.width / low_res.width;
  if (scale < 1 || image.width / scale != low_res.width || image.height / scale != low_res.height)
    throw DataError(cat("its size, ", size_of(image), ", is not ",
                        options.scale > 0 ? cat(scale) : std::string("a whole number of"),
                        " times that of the low-resolution image, ", size_of(low_res)));
  if (scale == 1 && options.scale != 1)  // otherwise the result would only be the similarity of two images
    throw DataError(cat("the low-resolution image has the same size, ", size_of(image), "; is it the right one?"));
  const Image part = crop(image, 0, 0, low_res.width * scale, low_res.height * scale);
  // Rounded to low_res' depth once, at the end, as the low-resolution image was.
  const Image small = resize(with_depth(part, std::max(part.depth, low_res.depth)), low_res.width, low_res.height,
                             kernel_named(options.kernel), convention_named(options.convention));
  return mean_square_error(with_depth(small, low_res.depth), low_res);
}

}  // namespace

void ScoreOptions::declare(Options& options) {
  options.group(groups::kMetrics);
  options.add("crop", 0, &crop, "N", at_least(0), "leave out a border of N pixels in PSNR and SSIM");
  options.add("scale", 's', &scale, "N", at_least(0),
              "first crop reference images right and bottom to a multiple of N; 0: do not");
  options.choice("kernel", 0, &kernel, {"box", "bilinear", "bicubic", "lanczos"},
                 "how low-resolution images were made");
  options.choice("convention", 0, &convention, {"pillow", "pillow12", "matlab", "float"}, "by whose resize");
}

Scores score(const ScoreOptions& options, const Image& reference, const Image& image, const Image* low_res) {
  const int64_t n = std::max<int64_t>(options.scale, 1);
  if (reference.width < n || reference.height < n)
    throw DataError(cat("its reference, ", size_of(reference), ", is too small"));
  const Image cut = crop(reference, 0, 0, reference.width / n * n, reference.height / n * n);
  if (cut.width != image.width || cut.height != image.height)
    throw DataError(cat("its size, ", size_of(image), ", is not the reference's, ", size_of(cut),
                        n == 1 && image.width <= cut.width && image.height <= cut.height
                            ? " (-s N cuts the reference to a multiple of N, as degrade does)"
                            : ""));
  const Image a = without_border(cut, options.crop), b = without_border(image, options.crop);
  Scores out;
  out.psnr = psnr(a, b);
  out.psnr_y = psnr_y(a, b);
  if (std::min(a.width, a.height) >= kSsimWindow) out.ssim = ssim(a, b), out.ssim_y = ssim_y(a, b);
  if (low_res) {
    const double levels = low_res->depth == 8 ? 255 : 65535;
    out.consistency = consistency(options, image, *low_res);
    out.rounding_floor = 1 / (12 * levels * levels);
  }
  return out;
}

}  // namespace sr3
