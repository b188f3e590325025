#include "tensor/convert.h"

#include <ATen/Parallel.h>

#include <atomic>
#include <cmath>
#include <stdexcept>

#include "base/error.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr int64_t kGrain = 1 << 15;

// In doubles, so that both depths are exact to a float's rounding.
template <class Sample>
float unit_of(Sample level) {
  return static_cast<float>(level / (sizeof(Sample) == 1 ? 127.5 : 32767.5) - 1);
}

// In integers, so that the grey of equal red, green and blue is exactly their value.
template <class Sample>
Sample luma_of(const Sample* rgb) {
  return static_cast<Sample>((uint64_t{19595} * rgb[0] + uint64_t{38470} * rgb[1] + uint64_t{7471} * rgb[2] + 32768) >>
                             16);
}

template <class Sample>
void planes_from(const Sample* in, float* out, int64_t pixels, int64_t channels) {
  at::parallel_for(0, pixels, kGrain, [&](int64_t begin, int64_t end) {
    if (channels == 1)
      for (int64_t i = begin; i < end; ++i) out[i] = unit_of(luma_of(in + i * Image::kChannels));
    else
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t i = begin; i < end; ++i) out[c * pixels + i] = unit_of(in[i * Image::kChannels + c]);
  });
}

template <class Sample>
std::vector<float> units_from(const Sample* in, int64_t pixels, int64_t channels) {
  std::vector<float> out(static_cast<size_t>(pixels * channels));
  for (int64_t i = 0; i < pixels; ++i, in += Image::kChannels)
    if (channels == 1)
      out[static_cast<size_t>(i)] = unit_of(luma_of(in));
    else
      for (int64_t c = 0; c < channels; ++c) out[static_cast<size_t>(i * channels + c)] = unit_of(in[c]);
  return out;
}

void check_channels(int64_t channels) {
  if (channels != 1 && channels != Image::kChannels) throw std::logic_error("an image is converted to 1 or 3 channels");
}

// Returns whether no value was NaN.
template <class Float, class Sample>
bool samples_from(const Float* in, Sample* out, int64_t pixels, int64_t channels) {
  constexpr double half = sizeof(Sample) == 1 ? 127.5 : 32767.5;
  std::atomic<bool> numbers{true};
  at::parallel_for(0, pixels, kGrain, [&](int64_t begin, int64_t end) {
    bool nan = false;
    for (int64_t c = 0; c < Image::kChannels; ++c)
      for (int64_t i = begin; i < end; ++i) {
        const double x = static_cast<double>(in[(channels == 1 ? 0 : c) * pixels + i]);
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
  return image.depth == 8 ? samples_from(chw.data_ptr<Float>(), image.u8.data(), pixels, chw.size(0))
                          : samples_from(chw.data_ptr<Float>(), image.u16.data(), pixels, chw.size(0));
}

}  // namespace

at::Tensor to_tensor(const Image& image, int64_t channels) {
  check_channels(channels);
  auto out = at::empty({channels, image.height, image.width}, at::kFloat);
  const int64_t pixels = image.width * image.height;
  if (image.depth == 8)
    planes_from(image.u8.data(), out.data_ptr<float>(), pixels, channels);
  else
    planes_from(image.u16.data(), out.data_ptr<float>(), pixels, channels);
  return out;
}

std::vector<float> to_units(const Image& image, int64_t channels) {
  check_channels(channels);
  const int64_t pixels = image.width * image.height;
  return image.depth == 8 ? units_from(image.u8.data(), pixels, channels)
                          : units_from(image.u16.data(), pixels, channels);
}

Image to_image(const at::Tensor& chw, int depth) {
  if (chw.dim() != 3 || (chw.size(0) != Image::kChannels && chw.size(0) != 1) || !chw.is_floating_point())
    throw std::logic_error("to_image: not a (3,H,W) or (1,H,W) tensor of floats");
  auto image = make_image(chw.size(2), chw.size(1), depth);
  const auto type = chw.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto values = chw.detach().to(at::kCPU, type).contiguous();
  if (!(type == at::kDouble ? fill<double>(image, values) : fill<float>(image, values)))
    throw Error("cannot make an image: a value is not a number");
  return image;
}

}  // namespace sr3
