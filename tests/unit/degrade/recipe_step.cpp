#include "degrade/recipe_step.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>

#include <jpeglib.h>

#include "base/error.h"
#include "degrade/random_recipe.h"
#include "degrade/recipe.h"

using namespace sr3;

namespace {

// An image of height * width * 3 values, processed slowly: what the library does, written from its description, in doubles.
struct Plain {
  int64_t width, height;
  std::vector<double> values;
  double& at(int64_t y, int64_t x, int64_t c) { return values[static_cast<size_t>((y * width + x) * 3 + c)]; }
};

Plain plain(const Image& image) {
  return {image.width, image.height, std::vector<double>(image.u8.begin(), image.u8.end())};
}

int64_t inside(int64_t i, int64_t size) {
  while (i < 0 || i >= size) i = i < 0 ? -1 - i : 2 * size - 1 - i;
  return i;
}

// weight: of an offset (x, y) within the window, not normalised.
template <class Weight>
Plain filtered(Plain in, int64_t size, Weight weight) {
  Plain out = in;
  const int64_t r = size / 2;
  double total = 0;
  for (int64_t dy = -r; dy <= r; ++dy)
    for (int64_t dx = -r; dx <= r; ++dx) total += weight(dx, dy);
  for (int64_t y = 0; y < in.height; ++y)
    for (int64_t x = 0; x < in.width; ++x)
      for (int64_t c = 0; c < 3; ++c) {
        double sum = 0;
        for (int64_t dy = -r; dy <= r; ++dy)
          for (int64_t dx = -r; dx <= r; ++dx)
            sum += weight(dx, dy) * in.at(inside(y + dy, in.height), inside(x + dx, in.width), c);
        out.at(y, x, c) = sum / total;
      }
  return out;
}

// Bilinear or (taps 4) bicubic with a = -0.75, as products of the weights of both directions.
Plain sampled(Plain in, int64_t width, int64_t height, int64_t taps) {
  Plain out{width, height, std::vector<double>(static_cast<size_t>(width * height * 3))};
  const auto weight = [&](double x) {
    x = std::abs(x);
    if (taps == 2) return std::max(0.0, 1 - x);
    if (x <= 1) return 1.25 * x * x * x - 2.25 * x * x + 1;
    return x < 2 ? -0.75 * x * x * x + 3.75 * x * x - 6 * x + 3 : 0;
  };
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < 3; ++c) {
        const double v =
            (static_cast<double>(y) + 0.5) * static_cast<double>(in.height) / static_cast<double>(height) - 0.5;
        const double u =
            (static_cast<double>(x) + 0.5) * static_cast<double>(in.width) / static_cast<double>(width) - 0.5;
        double sum = 0;
        for (auto j = static_cast<int64_t>(std::floor(v)) - 1; j <= static_cast<int64_t>(std::floor(v)) + 2; ++j)
          for (auto i = static_cast<int64_t>(std::floor(u)) - 1; i <= static_cast<int64_t>(std::floor(u)) + 2; ++i)
            sum += weight(v - static_cast<double>(j)) * weight(u - static_cast<double>(i)) *
                   in.at(std::clamp<int64_t>(j, 0, in.height - 1), std::clamp<int64_t>(i, 0, in.width - 1), c);
        out.at(y, x, c) = sum;
      }
  return out;
}

std::vector<uint8_t> bytes_of(const Plain& in) {
  std::vector<uint8_t> out;
  for (const double value : in.values)
    out.push_back(static_cast<uint8_t>(std::floor(std::clamp(value, 0.0, 255.0) + 0.5)));
  return out;
}

// libjpeg itself, with its defaults: 4:2:0.
Plain jpeg(const Plain& in, int quality, bool full_chroma = false) {
  std::vector<uint8_t> pixels = bytes_of(in);
  jpeg_error_mgr errors;
  jpeg_compress_struct writer;
  writer.err = jpeg_std_error(&errors);
  jpeg_create_compress(&writer);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&writer, &data, &size);
  writer.image_width = static_cast<JDIMENSION>(in.width);
  writer.image_height = static_cast<JDIMENSION>(in.height);
  writer.input_components = 3;
  writer.in_color_space = JCS_RGB;
  jpeg_set_defaults(&writer);
  jpeg_set_quality(&writer, quality, TRUE);
  if (full_chroma) writer.comp_info[0].h_samp_factor = writer.comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(&writer, TRUE);
  for (int64_t y = 0; y < in.height; ++y) {
    JSAMPROW row = pixels.data() + y * in.width * 3;
    jpeg_write_scanlines(&writer, &row, 1);
  }
  jpeg_finish_compress(&writer);
  jpeg_destroy_compress(&writer);
  jpeg_decompress_struct reader;
  reader.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&reader);
  jpeg_mem_src(&reader, data, size);
  jpeg_read_header(&reader, TRUE);
  jpeg_start_decompress(&reader);
  for (int64_t y = 0; y < in.height; ++y) {
    JSAMPROW row = pixels.data() + y * in.width * 3;
    jpeg_read_scanlines(&reader, &row, 1);
  }
  jpeg_finish_decompress(&reader);
  jpeg_destroy_decompress(&reader);
  std::free(data);
  return {in.width, in.height, std::vector<double>(pixels.begin(), pixels.end())};
}

Image scene(int64_t width, int64_t height) {
  Image image = make_image(width, height);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < 3; ++c) {
        const bool square = (x / 9 + y / 7 + c) % 3 == 0;
        const double wave = 60 * std::sin(0.3 * static_cast<double>(x) + 0.2 * static_cast<double>(c * y));
        image.u8[static_cast<size_t>((y * width + x) * 3 + c)] =
            static_cast<uint8_t>(square ? 40 + 20 * c : 140 + wave);
      }
  return image;
}

Image degraded(const Image& image, const std::string& recipe, int64_t scale, uint64_t seed = 0, uint64_t index = 0) {
  RecipeOptions options;
  options.operations = recipe;
  options.scale = scale;
  return Recipe(options)(image, seed, index);
}

}  // namespace

TEST_CASE("a chain of drawn steps is that of a slow implementation from their descriptions") {
  const Image image = scene(72, 56);
  const std::string text = R"([
    {"do": "blur", "kernel": "plateau", "anisotropic": true, "size": [7, 13], "sigma": [0.5, 3], "beta": [1, 2]},
    {"do": "resize", "factor": [0.5, 0.9], "kernel": "bilinear", "convention": "interpolate"},
    {"do": "noise", "sigma": [2, 9]},
    {"do": "jpeg", "quality": [40, 80]},
    {"do": "blur", "kernel": "sinc", "size": 9, "cutoff": [1.5, 2.5]},
    {"do": "resize", "to": "result", "kernel": "bicubic", "convention": "interpolate"}])";
  for (uint64_t index = 0; index < 3; ++index) {
    const std::vector<DrawnStep> steps = RandomRecipe::parse(text, "").draw(11, index);
    const auto& plateau = std::get<DrawnBlur>(steps[0]);
    const double c = std::cos(plateau.spread.angle), s = std::sin(plateau.spread.angle);
    Plain now = filtered(plain(image), plateau.size, [&](int64_t dx, int64_t dy) {
      const auto x = static_cast<double>(dx), y = static_cast<double>(dy);
      const double a = (c * x + s * y) / plateau.spread.sigma_x, b = (-s * x + c * y) / plateau.spread.sigma_y;
      return 1 / (1 + std::pow(a * a + b * b, plateau.beta));
    });
    const double factor = std::get<DrawnResize>(steps[1]).factor;
    now = sampled(now, static_cast<int64_t>(72 * factor), static_cast<int64_t>(56 * factor), 2);
    std::vector<float> noise(now.values.size());
    RandomStream(11, index, kRandomRecipeNoise + 2).normals(noise);
    for (size_t i = 0; i < noise.size(); ++i)
      now.values[i] = std::clamp(
          now.values[i] + std::get<DrawnNoise>(steps[2]).strength * static_cast<double>(noise[i]), 0.0, 255.0);
    now = jpeg(now, std::get<DrawnJpeg>(steps[3]).quality);
    const double w = std::get<DrawnBlur>(steps[4]).cutoff;
    now = filtered(now, 9, [&](int64_t dx, int64_t dy) {
      const double r = std::hypot(dx, dy);
      return r == 0 ? w * w / (4 * std::numbers::pi) : w * std::cyl_bessel_j(1, w * r) / (2 * std::numbers::pi * r);
    });
    now = sampled(now, 18, 14, 4);
    const Image out = degraded(image, text, 4, 11, index);
    REQUIRE(out.width == 18);
    REQUIRE(out.height == 14);
    // Floats and doubles round a sample to different levels now and then, which the JPEG spreads over its block.
    const std::vector<uint8_t> wanted = bytes_of(now);
    int worst = 0, different = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
      const int d = std::abs(wanted[i] - out.u8[i]);
      worst = std::max(worst, d), different += d > 0;
    }
    CHECK(worst <= 1);
    CHECK(different <= static_cast<int>(wanted.size()) / 100);
  }
}

TEST_CASE("a JPEG step is libjpeg's round trip at the drawn quality, byte for byte") {
  const Image image = scene(50, 37);
  const std::string text =
      R"([{"do": "resize", "to": "result"}, {"do": "jpeg", "quality": [5, 100], "subsampling": ["4:2:0", "4:4:4"]}])";
  bool both[2] = {};
  for (uint64_t index = 0; index < 40; ++index) {
    const auto step = std::get<DrawnJpeg>(RandomRecipe::parse(text, "").draw(2, index).at(1));
    both[step.full_chroma] = true;
    CHECK(degraded(image, text, 1, 2, index).u8 == bytes_of(jpeg(plain(image), step.quality, step.full_chroma)));
  }
  CHECK(both[0]);
  CHECK(both[1]);
}

TEST_CASE("sharpening is the unsharp mask, where the difference exceeds the threshold") {
  const Image image = scene(40, 30);
  const double sigma = 1.4;
  const auto smooth = [&](const Plain& in) {
    return filtered(in, 11, [&](int64_t x, int64_t y) {
      return std::exp(-static_cast<double>(x * x + y * y) / (2 * sigma * sigma));
    });
  };
  const Plain in = plain(image), blurred = smooth(in);
  Plain mask = in, wanted = in;
  for (size_t i = 0; i < mask.values.size(); ++i)
    mask.values[i] = std::abs(in.values[i] - blurred.values[i]) > 20 ? 1 : 0;
  mask = smooth(mask);
  for (size_t i = 0; i < mask.values.size(); ++i) {
    const double sharp = std::clamp(in.values[i] + 0.8 * (in.values[i] - blurred.values[i]), 0.0, 255.0);
    wanted.values[i] = mask.values[i] * sharp + (1 - mask.values[i]) * in.values[i];
  }
  const Image out = degraded(
      image, R"([{"do": "sharpen", "amount": 0.8, "sigma": 1.4, "threshold": 20}, {"do": "resize", "to": "result"}])",
      1);
  int different = 0;
  for (size_t i = 0; i < out.u8.size(); ++i) {
    REQUIRE(std::abs(out.u8[i] - wanted.values[i]) < 0.502);
    different += out.u8[i] != image.u8[i];
  }
  CHECK(different > 500);
}

TEST_CASE("the recipe bicubic is the resize without a recipe, in 8 and 16 bits") {
  const std::string bicubic = R"([{"do": "resize", "to": "result", "kernel": "bicubic", "convention": "pillow"}])";
  for (const int depth : {8, 16}) {
    Image image = with_depth(scene(41, 30), depth);
    image.comment = "sr {}";
    RecipeOptions plainly;
    plainly.scale = 4;
    const Image wanted = Recipe(plainly)(image, 0, 0), got = degraded(image, bicubic, 4);
    CHECK(got.u8 == wanted.u8);
    CHECK(got.u16 == wanted.u16);
    CHECK(got.depth == depth);
    CHECK(got.comment == "sr {}");
  }
}

TEST_CASE("16 bits are kept through steps in floats, and lost in a JPEG") {
  Image image = with_depth(scene(24, 24), 16);
  for (size_t i = 0; i < image.u16.size(); ++i) image.u16[i] = static_cast<uint16_t>(image.u16[i] - i % 200);
  const Image same = degraded(image, R"([{"do": "resize", "to": "result"}, {"do": "noise", "sigma": 0}])", 1);
  for (size_t i = 0; i < image.u16.size(); ++i) REQUIRE(std::abs(same.u16[i] - image.u16[i]) <= 1);
  const Image jpeg16 = degraded(image, R"([{"do": "resize", "to": "result"}, {"do": "jpeg", "quality": 90}])", 1);
  for (const uint16_t value : jpeg16.u16) REQUIRE(value % 257 == 0);
}

TEST_CASE("noise differs from step to step, image to image and seed to seed") {
  const Image image = scene(30, 30);
  const std::string once = R"([{"do": "resize", "to": "result"}, {"do": "noise", "sigma": 10}])";
  CHECK(degraded(image, once, 1, 1, 1).u8 == degraded(image, once, 1, 1, 1).u8);
  CHECK(degraded(image, once, 1, 1, 1).u8 != degraded(image, once, 1, 1, 2).u8);
  CHECK(degraded(image, once, 1, 1, 1).u8 != degraded(image, once, 1, 2, 1).u8);
  // Twice the same noise would have a standard deviation of 20; independent noise has 14.1.
  Image grey = make_image(100, 100);
  std::fill(grey.u8.begin(), grey.u8.end(), 128);
  const Image twice = degraded(
      grey,
      R"([{"do": "resize", "to": "result"}, {"do": "all", "repeat": 2, "operations": [{"do": "noise", "sigma": 10}]}])",
      1);
  double square = 0;
  for (const uint8_t value : twice.u8) square += (value - 128) * (value - 128);
  CHECK(std::abs(std::sqrt(square / 30000) - std::sqrt(200)) < 0.3);
}

TEST_CASE("resizes have the sizes of their factors, and too large ones are refused") {
  const Image image = scene(50, 31);
  const auto size = [&](const std::vector<DrawnStep>& steps) {
    const Image out = after_steps(image, steps, 10, 8, 0, 0);
    return std::pair(out.width, out.height);
  };
  CHECK(size({DrawnResize{.factor = 0.5}}) == std::pair<int64_t, int64_t>(25, 15));
  CHECK(size({DrawnResize{.factor = 0.01}}) == std::pair<int64_t, int64_t>(1, 1));
  CHECK(size({DrawnResize{.to_result = true, .factor = 1.25}}) == std::pair<int64_t, int64_t>(12, 10));
  CHECK(size({DrawnResize{.to_result = true}, DrawnResize{.factor = 2}}) == std::pair<int64_t, int64_t>(20, 16));
  CHECK_THROWS_AS(after_steps(image, {DrawnResize{.to_result = true, .factor = 16}}, 1 << 16, 1 << 16, 0, 0),
                  DataError);
  const Image wide = make_image(70000, 1);
  CHECK_THROWS_AS(after_steps(wide, {DrawnJpeg{}}, 1, 1, 0, 0), DataError);
}

TEST_CASE("the text of a step") {
  CHECK(step_text(DrawnBlur{.size = 7, .spread = {1.2345, 1.2345, 0}}) == "blur gaussian 7 1.23");
  CHECK(step_text(DrawnBlur{.shape = BlurShape::kPlateau, .size = 9, .spread = {2, 0.5, -1}, .beta = 1.5}) ==
        "blur plateau 9 2 0.5 -1 ^1.5");
  CHECK(step_text(DrawnBlur{.shape = BlurShape::kSinc, .size = 21, .cutoff = 2.25}) == "blur sinc 21 2.25");
  CHECK(step_text(DrawnSharpen{}) == "sharpen 0.5 8 10");
  CHECK(step_text(DrawnResize{.factor = 0.4321, .kernel = Kernel::kBox}) == "resize 0.432 box");
  CHECK(step_text(DrawnResize{.to_result = true, .factor = 1.25}) == "resize result 1.25 bicubic");
  CHECK(step_text(DrawnNoise{.poisson = true, .grey = true, .strength = 1.5}) == "noise poisson 1.5 grey");
  CHECK(step_text(DrawnJpeg{.quality = 43}) == "jpeg 43");
  CHECK(step_text(DrawnJpeg{.quality = 43, .full_chroma = true}) == "jpeg 43 4:4:4");
}

TEST_CASE("a recipe shrinks by one kernel only if it is one resize") {
  const auto kernel = [](const std::string& text) {
    RecipeOptions options;
    options.operations = text;
    return shrinking_kernel(options);
  };
  CHECK(shrinking_kernel(RecipeOptions{}) == Kernel::kBicubic);
  CHECK(kernel(R"([{"do": "resize", "to": "result", "kernel": "box"}])") == Kernel::kBox);
  CHECK_FALSE(kernel(R"([{"do": "resize", "to": "result", "kernel": ["box", "bicubic"]}])"));
  CHECK_FALSE(kernel(R"([{"do": "resize", "to": "result", "convention": "interpolate"}])"));
  CHECK_FALSE(kernel(R"([{"do": "resize", "to": "result"}, {"do": "jpeg", "quality": 50}])"));
}
