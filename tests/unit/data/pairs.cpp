#include "data/pairs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "image/codec.h"
#include "stage/presets.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

void write_png(const std::string& path, const Image& image) {
  const Bytes bytes = encode(image, Format::kPng, {});
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Each pixel says where it is: red its column, green its row, blue the image.
Image coordinates(int64_t width, int64_t height, int64_t times, uint8_t blue) {
  Image image = make_image(width, height);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      uint8_t* const pixel = &image.u8[static_cast<size_t>((y * width + x) * 3)];
      pixel[0] = static_cast<uint8_t>(x / times), pixel[1] = static_cast<uint8_t>(y / times), pixel[2] = blue;
    }
  return image;
}

}  // namespace

TEST_CASE("crops of a pair show the same part of it, mirrored or not, at every position") {
  const samples::Folder scratch;
  constexpr int64_t kScale = 4;
  make_folder(scratch / "high");
  make_folder(scratch / "low");
  for (const uint8_t blue : {10, 20, 30}) {
    write_png(scratch / cat("high/", int{blue}, ".png"), coordinates(50, 43, kScale, blue));
    write_png(scratch / cat("low/", int{blue}, ".png"), coordinates(12, 10, 1, blue));
  }
  write_png(scratch / "low/15.png", coordinates(12, 10, 1, 15));
  StageManifest stage = preset_named("tiny").manifest;
  stage.image.low_res = 6, stage.image.high_res = 24;
  DataOptions options;
  options.operands = {scratch / "high"};
  options.low_res = scratch / "low";
  Loader loader(options, stage);
  const Batch batch = loader.next(0, 60);
  const at::Tensor high = ((batch.high_res + 1) * 127.5).round(), low = ((batch.low_res + 1) * 127.5).round();
  // Each low-resolution pixel has the coordinates of all pixels that it stands for.
  CHECK(at::equal(high, low.repeat_interleave(kScale, 2).repeat_interleave(kScale, 3)));
  int64_t mirrored = 0;
  bool columns[7] = {}, rows[5] = {};
  for (int64_t i = 0; i < 60; ++i) {
    const auto left = low[i][0][0][0].item<float>(), right = low[i][0][0][5].item<float>();
    mirrored += left > right;
    columns[static_cast<int64_t>(std::min(left, right))] = true;
    rows[static_cast<int64_t>(low[i][1][0][0].item<float>())] = true;
    CHECK(std::abs(right - left) == 5);
  }
  CHECK(mirrored > 10);
  CHECK(mirrored < 50);
  for (const bool seen : columns) CHECK(seen);
  for (const bool seen : rows) CHECK(seen);
}
