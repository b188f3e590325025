#include "cascade/tiling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr double kPi = 3.14159265358979323846;
// Weights are multiples of 1/4096, so that the products of two of them are exact in float and sum to exactly 1.
constexpr int kUnits = 4096;

int64_t divided_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t rounded_up(int64_t a, int64_t multiple) { return divided_up(a, multiple) * multiple; }

// A raised cosine that rises from 0 to 1 over `length` positions, evaluated at the middle of position p.
double ramp(int64_t p, int64_t length) {
  if (p >= length) return 1;
  return 0.5 - 0.5 * std::cos(kPi * (static_cast<double>(p) + 0.5) / static_cast<double>(length));
}

void set_weights(TileAxis& axis, int64_t size) {
  const size_t n = axis.start.size();
  axis.weight.assign(n, std::vector<float>(static_cast<size_t>(axis.length), 1.0f));
  if (n == 1) return;
  // The overlap of tile j with the previous tile; there is no ramp at the border of the image.
  auto shared = [&](size_t j) {
    return j == 0 || j == n ? int64_t{0} : axis.start[j - 1] + axis.length - axis.start[j];
  };
  std::vector<double> share(n);
  std::vector<int> units(n);
  for (int64_t p = 0; p < size; ++p) {
    double sum = 0;
    for (size_t j = 0; j < n; ++j) {
      const int64_t in = p - axis.start[j];
      share[j] = in < 0 || in >= axis.length ? 0 : ramp(in, shared(j)) * ramp(axis.length - 1 - in, shared(j + 1));
      sum += share[j];
    }
    // Rounded to units; the tile of the largest weight takes the rounding error, so that the weights sum to exactly 1.
    int rest = kUnits;
    for (size_t j = 0; j < n; ++j) rest -= units[j] = static_cast<int>(std::lround(share[j] / sum * kUnits));
    units[static_cast<size_t>(std::max_element(share.begin(), share.end()) - share.begin())] += rest;
    for (size_t j = 0; j < n; ++j)
      if (share[j] > 0) axis.weight[j][static_cast<size_t>(p - axis.start[j])] = static_cast<float>(units[j]) / kUnits;
  }
}

}  // namespace

TileAxis tile_axis(int64_t size, const TileRule& rule) {
  if (size < 1 || rule.align < 1 || rule.multiple < 1 || rule.overlap < 0 || rule.overlap * 2 > rule.side ||
      size % rule.align)
    throw std::logic_error("tile_axis: size, side and overlap do not fit");
  TileAxis axis;
  const int64_t unit = std::lcm(rule.align, rule.multiple), longest = rounded_up(rule.side, unit);
  if (size <= longest) {
    axis.length = size;
    axis.start = {0};
  } else {
    // Lengths and the overlap are multiples of align, so starts that are evenly spaced and rounded down to it still overlap
    // enough. The overlap is shorter than the longest tile, so every tile advances.
    const int64_t overlap = std::min(rounded_up(rule.overlap, rule.align), longest - rule.align);
    const int64_t gaps = divided_up(size - longest, longest - overlap);
    axis.length = rounded_up(divided_up(size + gaps * overlap, gaps + 1), unit);
    const int64_t way = (size - axis.length) / rule.align;
    for (int64_t j = 0; j <= gaps; ++j) axis.start.push_back(way * j / gaps * rule.align);
  }
  set_weights(axis, size);
  return axis;
}

Tiling::Tiling(int64_t height, int64_t width, const TileRule& rule)
    : height_(height), width_(width), y_(tile_axis(height, rule)), x_(tile_axis(width, rule)) {
  for (const auto& w : y_.weight) weight_y_.push_back(at::tensor(w).view({y_.length, 1}));
  for (const auto& w : x_.weight) weight_x_.push_back(at::tensor(w).view({1, x_.length}));
}

std::vector<Band> Tiling::bands(int64_t tiles) const {
  const auto columns = static_cast<int64_t>(x_.start.size()), rows = static_cast<int64_t>(y_.start.size());
  const int64_t each = std::clamp<int64_t>(divided_up(tiles, columns), 1, rows);
  std::vector<Band> bands;
  for (int64_t row = 0; row < rows; row += each) {
    const int64_t end = std::min(row + each, rows), top = y_.start[static_cast<size_t>(row)],
                  bottom = y_.start[static_cast<size_t>(end - 1)] + y_.length,
                  next = end < rows ? y_.start[static_cast<size_t>(end)] : height_;
    bands.push_back({row * columns, (end - row) * columns, {top, bottom - top}, {top, next - top}});
  }
  return bands;
}

at::Tensor Tiling::window(const at::Tensor& image, int64_t i, int64_t top) const {
  const auto columns = static_cast<int64_t>(x_.start.size());
  return image.narrow(-2, y_.start[static_cast<size_t>(i / columns)] - top, y_.length)
      .narrow(-1, x_.start[static_cast<size_t>(i % columns)], x_.length);
}

void Tiling::add(const at::Tensor& sum, const at::Tensor& tile, int64_t i, int64_t top) const {
  const size_t columns = x_.start.size(), n = static_cast<size_t>(i);
  window(sum, i, top).addcmul_(tile, weight_y_[n / columns] * weight_x_[n % columns]);
}

void Tiling::to(at::Device device) {
  for (auto* list : {&weight_y_, &weight_x_})
    for (auto& w : *list) w = w.to(device);
}

at::Tensor windows(const Tiling& tiling, const at::Tensor& x, const WindowBatch& batch, int64_t top) {
  if (tiling.tiles() == 1) return x.narrow(0, batch.front().image, static_cast<int64_t>(batch.size()));
  std::vector<at::Tensor> parts;
  for (const Window& window : batch) parts.push_back(tiling.window(x[window.image], window.tile, top));
  return at::stack(parts);
}

at::Tensor Blend::operator()(const Band& band, const at::Tensor& x, int64_t batch, const TileFunction& f) {
  const bool whole = tiling_.tiles() == 1;
  const int64_t total = x.size(0) * band.tiles, top = band.covered.first;
  std::vector<at::Tensor> results;
  at::Tensor sum;
  WindowBatch some;
  for (int64_t i = 0; i < total; ++i) {
    some.push_back({i / band.tiles, band.first + i % band.tiles});
    if (static_cast<int64_t>(some.size()) < batch && i + 1 < total) continue;
    const at::Tensor out = f(windows(tiling_, x, some), some).to(at::kFloat);
    if (whole) {
      results.push_back(out);
    } else {
      if (!sum.defined()) {
        sum = at::zeros({x.size(0), out.size(1), band.covered.count, x.size(3)}, out.options());
        if (rest_.defined()) sum.narrow(2, 0, rest_.size(2)).copy_(rest_);
      }
      for (size_t j = 0; j < some.size(); ++j)
        tiling_.add(sum[some[j].image], out[static_cast<int64_t>(j)], some[j].tile, top);
    }
    some.clear();
  }
  if (whole) return results.size() == 1 ? results[0] : at::cat(results);
  rest_ = sum.narrow(2, band.done.count, band.covered.count - band.done.count).clone();
  return sum.narrow(2, 0, band.done.count);
}

}  // namespace sr3
