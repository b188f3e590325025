#include "tensor/convert.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <atomic>
#include <cmath>
#include <stdexcept>

#include "base/error.h"

namespace sr3 {
namespace {

constexpr int64_t kGrain = 1 << 15;

template <class Sample>
void planes_from(const Sample* in, float* out, int64_t pixels) {
  // In doubles, so that both depths are exact to a float's rounding.
  constexpr double half = sizeof(Sample) == 1 ? 127.5 : 32767.5;
  at::parallel_for(0, pixels, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t c = 0; c < Image::kChannels; ++c)
      for (int64_t i = begin; i < end; ++i)
        out[c * pixels + i] = static_cast<float>(in[i * Image::kChannels + c] / half - 1);
  });
}

// Whether every value was a number.
template <class Float, class Sample>
bool samples_from(const Float* in, Sample* out, int64_t pixels) {
  constexpr double half = sizeof(Sample) == 1 ? 127.5 : 32767.5;
  std::atomic<bool> numbers{true};
  at::parallel_for(0, pixels, kGrain, [&](int64_t begin, int64_t end) {
    bool nan = false;
    for (int64_t c = 0; c < Image::kChannels; ++c)
      for (int64_t i = begin; i < end; ++i) {
        const double x = static_cast<double>(in[c * pixels + i]);
        nan |= x != x;
        // Clamped first, so that the conversion to an integer is always defined; a NaN becomes 0 here.
        const double level = (x + 1) * half + 0.5;
        const double inside = level > 0 ? (level < 2 * half + 0.5 ? level : 2 * half) : 0;
        out[i * Image::kChannels + c] = static_cast<Sample>(inside);
      }
    if (nan) numbers = false;
  });
  return numbers;
}

template <class Float>
bool fill(Image& image, const at::Tensor& chw) {
  const int64_t pixels = image.width * image.height;
  return image.depth == 8 ? samples_from(chw.data_ptr<Float>(), image.u8.data(), pixels)
                          : samples_from(chw.data_ptr<Float>(), image.u16.data(), pixels);
}

}  // namespace

at::Tensor to_tensor(const Image& image) {
  auto out = at::empty({Image::kChannels, image.height, image.width}, at::kFloat);
  const int64_t pixels = image.width * image.height;
  if (image.depth == 8)
    planes_from(image.u8.data(), out.data_ptr<float>(), pixels);
  else
    planes_from(image.u16.data(), out.data_ptr<float>(), pixels);
  return out;
}

Image to_image(const at::Tensor& chw, int depth) {
  if (chw.dim() != 3 || chw.size(0) != Image::kChannels || !chw.is_floating_point())
    throw std::logic_error("to_image: not a (3,H,W) tensor of floats");
  auto image = make_image(chw.size(2), chw.size(1), depth);
  const auto type = chw.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto values = chw.detach().to(at::kCPU, type).contiguous();
  if (!(type == at::kDouble ? fill<double>(image, values) : fill<float>(image, values)))
    throw Error("cannot make an image: a value is not a number");
  return image;
}

}  // namespace sr3
