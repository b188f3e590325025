#include "degrade/resize.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "base/error.h"
#include "degrade/separable.h"

namespace sr3 {
namespace {

// The limit of pixels between the two passes, unless there are more before or after. Only turning a long row into a long
// column exceeds it.
constexpr int64_t kMaxBetween = int64_t{1} << 28;

// The weights of the outputs `rows`, with indices that count from the first of the inputs that they need: *needed.
template <class Weight>
WeightTable<Weight> weights_of(const WeightTable<Weight>& table, Rows rows, Rows* needed) {
  const int64_t begin = table.begin[rows.first], end = table.begin[rows.first + rows.count];
  WeightTable<Weight> part;
  part.index.assign(table.index.begin() + begin, table.index.begin() + end);
  part.weight.assign(table.weight.begin() + begin, table.weight.begin() + end);
  for (int64_t i = 0; i <= rows.count; ++i) part.begin.push_back(table.begin[rows.first + i] - begin);
  const auto [low, high] = std::minmax_element(part.index.begin(), part.index.end());
  *needed = {*low, *high - *low + 1};
  for (int32_t& index : part.index) index -= static_cast<int32_t>(needed->first);
  return part;
}

// Rows of the result. A pass that keeps its size is left out, as the references do: all its weights would be 1.
template <class Sample, class Weight, class Table>
std::vector<Sample> two_passes(std::span<const Sample> in, int64_t in_width, int64_t in_height, int64_t channels,
                               int64_t width, int64_t height, bool rows_first, Table table, Rows rows) {
  const bool keeps_height = in_height == height;
  Rows needed = rows;
  WeightTable<Weight> along_column;
  if (!keeps_height) along_column = weights_of(table(in_height, height), rows, &needed);
  std::vector<Sample> out, next;
  std::span<const Sample> now = in.subspan(static_cast<size_t>(needed.first * in_width * channels),
                                           static_cast<size_t>(needed.count * in_width * channels));
  int64_t now_width = in_width, now_height = needed.count;
  const auto along_x = [&] {
    if (now_width == width) return;
    next.resize(static_cast<size_t>(width * now_height * channels));
    filter_rows<Sample, Weight>(now.data(), now_width, now_height, channels, table(now_width, width), next.data());
    out.swap(next);
    now = out;
    now_width = width;
  };
  const auto along_y = [&] {
    if (keeps_height) return;
    next.resize(static_cast<size_t>(now_width * rows.count * channels));
    filter_columns<Sample, Weight>(now.data(), now_width * channels, along_column, next.data());
    out.swap(next);
    now = out;
    now_height = rows.count;
  };
  const int64_t between = rows_first ? width * in_height : in_width * height;
  if (between > std::max({kMaxBetween, in_width * in_height, width * height}))
    throw DataError(cat("resizing ", in_width, "x", in_height, " to ", width, "x", height,
                        " needs an intermediate image of ", between, " pixels, which is too large"));
  if (rows_first) along_x();
  along_y();
  along_x();
  if (out.empty()) out.assign(now.begin(), now.end());
  return out;
}

template <class Sample>
std::vector<Sample> levels(std::span<const float> values) {
  std::vector<Sample> out(values.size());
  const float top = std::numeric_limits<Sample>::max();
  std::transform(values.begin(), values.end(), out.begin(),
                 [top](float v) { return static_cast<Sample>(std::clamp(v, 0.f, top) + 0.5f); });
  return out;
}

void check_size(int64_t in_width, int64_t in_height, int64_t width, int64_t height, Rows rows) {
  if (in_width < 1 || in_height < 1 || width < 1 || height < 1 || rows.first < 0 || rows.count < 1 ||
      rows.first + rows.count > height)
    throw std::logic_error(cat("resize from ", in_width, "x", in_height, " to rows ", rows.first, "+", rows.count,
                               " of ", width, "x", height));
}

template <class Sample>
std::vector<Sample> resize_samples(const std::vector<Sample>& in, const Image& image, int64_t width, int64_t height,
                                   Kernel kernel, Convention convention, Rows rows) {
  const int64_t channels = Image::kChannels;
  const auto cut = [kernel](int64_t from, int64_t to) { return cut_weights(from, to, kernel); };
  if (convention == Convention::kMatlab) {
    // The dimension with the smaller scale first, the height when both are equal.
    const bool rows_first = width * image.height < height * image.width;
    return two_passes<Sample, double>(
        in, image.width, image.height, channels, width, height, rows_first,
        [kernel](int64_t from, int64_t to) { return mirrored_weights(from, to, kernel); }, rows);
  }
  // Pillow 13 resizes vertically first if the height loses more than twice as many pixels as the width.
  const bool rows_first = convention == Convention::kPillow12 || image.height <= height ||
                          image.height - height <= 2 * (image.width - width);
  if constexpr (std::is_same_v<Sample, uint8_t>)
    return two_passes<Sample, int32_t>(
        in, image.width, image.height, channels, width, height, rows_first,
        [&](int64_t from, int64_t to) { return fixed_point(cut(from, to)); }, rows);
  else
    return two_passes<Sample, double>(in, image.width, image.height, channels, width, height, rows_first, cut, rows);
}

}  // namespace

Image resize(const Image& image, int64_t width, int64_t height, Kernel kernel, Convention convention) {
  Image out = resize_rows(image, width, height, kernel, convention, {0, height});
  out.alpha = resized_alpha(image, width, height, kernel);
  return out;
}

std::vector<uint16_t> resized_alpha(const Image& image, int64_t width, int64_t height, Kernel kernel) {
  if (image.alpha.empty()) return {};
  const std::vector<float> values(image.alpha.begin(), image.alpha.end());
  return levels<uint16_t>(resize_float(values, image.width, image.height, 1, width, height, kernel));
}

Image resize_rows(const Image& image, int64_t width, int64_t height, Kernel kernel, Convention convention, Rows rows) {
  check_size(image.width, image.height, width, height, rows);
  Image out;
  if (convention == Convention::kFloat) {
    out = rounded_levels(resize_float_rows(float_levels(image), image.width, image.height, Image::kChannels, width,
                                           height, kernel, rows),
                         width, rows.count, image.depth);
    out.comment = image.comment;
    return out;
  }
  out.width = width;
  out.height = rows.count;
  out.depth = image.depth;
  out.comment = image.comment;
  if (image.depth == 8)
    out.u8 = resize_samples(image.u8, image, width, height, kernel, convention, rows);
  else
    out.u16 = resize_samples(image.u16, image, width, height, kernel, convention, rows);
  return out;
}

std::vector<float> float_levels(const Image& image) {
  if (image.depth == 8) return {image.u8.begin(), image.u8.end()};
  return {image.u16.begin(), image.u16.end()};
}

Image rounded_levels(std::span<const float> values, int64_t width, int64_t height, int depth) {
  Image image;
  image.width = width;
  image.height = height;
  image.depth = depth;
  if (depth == 8)
    image.u8 = levels<uint8_t>(values);
  else
    image.u16 = levels<uint16_t>(values);
  return image;
}

std::vector<float> resize_float(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                                int64_t width, int64_t height, Kernel kernel) {
  return resize_float_rows(in, in_width, in_height, channels, width, height, kernel, {0, height});
}

std::vector<float> resize_float_rows(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                                     int64_t width, int64_t height, Kernel kernel, Rows rows) {
  check_size(in_width, in_height, width, height, rows);
  // Without rounding between the passes their order is free: horizontal first, unless that takes too many pixels.
  const bool rows_first = width * in_height <= std::max(kMaxBetween, in_width * height);
  return two_passes<float, double>(
      in, in_width, in_height, channels, width, height, rows_first,
      [kernel](int64_t from, int64_t to) { return cut_weights(from, to, kernel); }, rows);
}

}  // namespace sr3
