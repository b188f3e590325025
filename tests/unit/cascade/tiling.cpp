#include "cascade/tiling.h"
#include "base/relative.h"
#include "tensor/aten.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

using namespace sr3;

namespace {

struct Geometry {
  int64_t size;
  TileRule rule;
};

// A deterministic image with values in [-1,1).
at::Tensor picture(int64_t n, int64_t c, int64_t h, int64_t w) {
  const at::Tensor i = at::arange(n * c * h * w, at::kDouble);
  return (at::frac(i * 0.6180339887498949) * 2 - 1).to(at::kFloat).view({n, c, h, w});
}

// All bands of x, each of at least `tiles` tiles.
at::Tensor blended(const Tiling& tiling, const at::Tensor& x, int64_t batch, const TileFunction& f, int64_t tiles = 1) {
  Blend blend(tiling);
  std::vector<at::Tensor> rows;
  for (const Band& band : tiling.bands(tiles)) {
    rows.push_back(blend(band, x, batch, f));
    CHECK(rows.back().size(2) == band.done.count);
  }
  return at::cat(rows, 2);
}

}  // namespace

TEST_CASE("tiles cover the axis, keep the overlap, stay inside, and their weights sum to exactly 1") {
  const Geometry cases[] = {{512, {192, 32, 4, 8}},  {384, {192, 48, 4, 8}},  {196, {192, 32, 4, 16}},
                            {192, {192, 32, 4, 8}},  {188, {192, 32, 4, 8}},  {4, {192, 32, 4, 8}},
                            {1000, {64, 16, 8, 16}}, {3000, {192, 32, 4, 6}}, {100, {10, 5, 1, 1}},
                            {101, {10, 0, 1, 1}},    {64, {16, 7, 8, 1}},     {1, {1, 0, 1, 1}},
                            {2048, {96, 48, 2, 32}}, {515, {100, 33, 5, 8}}};
  for (const auto& [size, rule] : cases) {
    CAPTURE(size);
    CAPTURE(rule.side);
    const TileAxis axis = tile_axis(size, rule);
    const bool whole = axis.start.size() == 1;
    const int64_t unit = std::lcm(rule.align, rule.multiple);
    CHECK(axis.length < std::min(size, rule.side) + unit);
    CHECK((whole ? axis.length == size : axis.length % unit == 0));
    CHECK(axis.start.front() == 0);
    CHECK(axis.start.back() + axis.length == size);
    std::vector<float> sum(static_cast<size_t>(size), 0.0f);
    for (size_t j = 0; j < axis.start.size(); ++j) {
      CHECK(axis.start[j] % rule.align == 0);
      if (j) CHECK(axis.start[j - 1] + axis.length - axis.start[j] >= rule.overlap);
      if (j) CHECK(axis.start[j] > axis.start[j - 1]);
      REQUIRE(axis.weight[j].size() == static_cast<size_t>(axis.length));
      for (size_t p = 0; p < axis.weight[j].size(); ++p) {
        CHECK(axis.weight[j][p] >= 0);
        CHECK(axis.weight[j][p] <= 1);
        sum[static_cast<size_t>(axis.start[j]) + p] += axis.weight[j][p];
      }
    }
    CHECK(std::all_of(sum.begin(), sum.end(), [](float s) { return s == 1.0f; }));
  }
}

TEST_CASE("as few tiles as the overlap allows, no longer than necessary") {
  const TileRule rule{192, 32, 4, 8};
  CHECK(tile_axis(192, rule).start.size() == 1);
  CHECK(tile_axis(352, rule).start == std::vector<int64_t>{0, 160});  // 192 + 160
  CHECK(tile_axis(356, rule).start.size() == 3);
  CHECK(tile_axis(356, rule).length == 144);  // (356 + 2 * 32) / 3 = 140, rounded up to a multiple of 8
}

TEST_CASE("weights are nearly 0 at inner borders, and 1 at the border of the image") {
  const TileAxis axis = tile_axis(352, {192, 32, 4, 8});
  CHECK(axis.weight[0].front() == 1);
  CHECK(axis.weight[0].back() < 0.001f);
  CHECK(axis.weight[1].front() < 0.001f);
  CHECK(axis.weight[1].back() == 1);
  // A raised cosine: one half in the middle of the overlap, and symmetric.
  CHECK(axis.weight[0][192 - 32 + 15] + axis.weight[0][192 - 32 + 16] == relative(1, 0.001));
}

TEST_CASE("impossible sizes are a programming error") {
  CHECK_THROWS_AS(tile_axis(10, {4, 3, 1, 1}), std::logic_error);
  CHECK_THROWS_AS(tile_axis(10, {4, 1, 4, 1}), std::logic_error);
  CHECK_THROWS_AS(tile_axis(0, {4, 1, 1, 1}), std::logic_error);
}

TEST_CASE("with a pointwise network the tiled result equals the whole one, for any batch") {
  const at::Tensor x = picture(2, 3, 40, 56);
  const auto f = [](const at::Tensor& t, const WindowBatch&) { return at::cat({t * t, t + 1}, 1); };
  const at::Tensor expected = at::cat({x * x, x + 1}, 1);
  const Tiling whole(40, 56, {64, 8, 4, 8}), tiled(40, 56, {24, 8, 4, 8});
  REQUIRE(whole.tiles() == 1);
  REQUIRE(tiled.tiles() == 6);
  CHECK(at::equal(blended(whole, x, 1, f), expected));
  const at::Tensor by_one = blended(tiled, x, 1, f);
  CHECK((by_one - expected).abs().max().item<float>() < 3e-7f);
  for (int64_t batch : {2, 5, 100})
    for (int64_t tiles : {1, 3, 4, 6, 100}) CHECK(at::equal(blended(tiled, x, batch, f, tiles), by_one));
}

TEST_CASE(
    "every window of every image is processed once, and no band reads the rows that an earlier one is done with") {
  const Tiling tiling(48, 32, {16, 4, 4, 4});
  for (int64_t tiles : {1, 4, 7, 100}) {
    CAPTURE(tiles);
    at::Tensor x = picture(3, 1, 48, 32);
    const at::Tensor given = x.clone();
    std::vector<int> seen(static_cast<size_t>(3 * tiling.tiles()), 0);
    Blend blend(tiling);
    int64_t top = 0;
    for (const Band& band : tiling.bands(tiles)) {
      CHECK(band.done.first == top);
      CHECK(band.covered.first == top);
      CHECK(band.covered.count >= band.done.count);
      blend(band, x, 4, [&](const at::Tensor& t, const WindowBatch& batch) {
        CHECK(batch.size() <= 4);
        REQUIRE(t.size(0) == static_cast<int64_t>(batch.size()));
        for (size_t i = 0; i < batch.size(); ++i) {
          CHECK(at::equal(t[static_cast<int64_t>(i)], tiling.window(given[batch[i].image], batch[i].tile)));
          ++seen[static_cast<size_t>(batch[i].image * tiling.tiles() + batch[i].tile)];
        }
        return t.clone();
      });
      x.narrow(2, band.done.first, band.done.count).fill_(99);
      top += band.done.count;
    }
    CHECK(top == 48);
    CHECK(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; }));
  }
}

TEST_CASE("a linear network with a small receptive field leaves no seams between tiles") {
  // A 5x5 mean with zero padding, as of a convolution at a tile's edge, is wrong in the outer 2 pixels of each tile,
  // where the weights are smallest. The blend must be close to the whole result, and not rougher at the tiles' edges than
  // elsewhere.
  const at::Tensor x = picture(1, 1, 64, 160).mul(0.1).add(0.8);
  const at::Tensor kernel = at::full({1, 1, 5, 5}, 1.0 / 25);
  const auto f = [&](const at::Tensor& t, const WindowBatch&) { return at::conv2d(t, kernel, {}, 1, 2); };
  const Tiling tiled(64, 160, {64, 32, 4, 4});
  REQUIRE(tiled.tiles() > 1);
  const at::Tensor whole = f(x, {}), joined = blended(tiled, x, 3, f);
  const at::Tensor inner = (joined - whole).abs();
  // The edge of the tile has 0.8 * 15/25 instead of 0.8, with a weight of at most sin^2(pi/2 * 1.5/32) = 0.0054.
  CHECK(inner.max().item<float>() < 0.8f * 0.4f * 0.0056f);
}
