// Golden values: Pillow 13.0 for pillow (its passes in a fixed order for pillow12); for MATLAB's imresize a plain
// numpy implementation from its published text; torch 2.15 interpolate(antialias=True) in float64.
// Input: (37x + 101y + 7(xy mod 53) + 31c) mod 256.
#include "degrade/resize.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "degrade/separable.h"

using namespace sr3;

namespace {

constexpr Kernel kAll[] = {Kernel::kBox, Kernel::kBilinear, Kernel::kBicubic, Kernel::kLanczos};

Image pattern(int64_t width, int64_t height, int depth = 8) {
  Image image;
  image.width = width;
  image.height = height;
  image.depth = depth;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < 3; ++c) {
        const int64_t value = 37 * x + 101 * y + 7 * ((x * y) % 53) + 31 * c;
        if (depth == 8)
          image.u8.push_back(static_cast<uint8_t>(value));
        else
          image.u16.push_back(static_cast<uint16_t>(value * 257));
      }
  return image;
}

// FNV-1a, 64 bits, of the samples' bytes.
uint64_t checksum(const Image& image) {
  const uint8_t* bytes = image.depth == 8 ? image.u8.data() : reinterpret_cast<const uint8_t*>(image.u16.data());
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < image.samples() * static_cast<size_t>(image.depth / 8); ++i)
    hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}

std::vector<int> first_channel(const Image& image) {
  std::vector<int> values;
  for (size_t i = 0; i < image.u8.size(); i += 3) values.push_back(image.u8[i]);
  return values;
}

struct Golden {
  int64_t in_width, in_height, width, height;
  std::array<uint64_t, 4> checksums;  // box, bilinear, bicubic, lanczos
};

void check_all(const std::vector<Golden>& table, Convention convention, int depth = 8) {
  for (const Golden& golden : table) {
    const Image image = pattern(golden.in_width, golden.in_height, depth);
    for (size_t k = 0; k < 4; ++k) {
      CAPTURE(golden.in_width);
      CAPTURE(golden.in_height);
      CAPTURE(name_of(kAll[k]));
      const Image out = resize(image, golden.width, golden.height, kAll[k], convention);
      CHECK(out.width == golden.width);
      CHECK(out.height == golden.height);
      CHECK(checksum(out) == golden.checksums[k]);
    }
  }
}

// One channel in floats, from channel 0 of the pattern.
std::vector<float> floats(int64_t in_width, int64_t in_height, int64_t width, int64_t height, Kernel kernel) {
  const Image image = pattern(in_width, in_height);
  std::vector<float> in;
  for (int value : first_channel(image)) in.push_back(static_cast<float>(value));
  return resize_float(in, in_width, in_height, 1, width, height, kernel);
}

void check_close(const std::vector<float>& got, const std::vector<double>& want) {
  REQUIRE(got.size() == want.size());
  for (size_t i = 0; i < want.size(); ++i) CHECK(std::abs(got[i] - want[i]) < 1e-4);
}

}  // namespace

TEST_CASE("pillow: the bytes of Pillow, 16x16 to 4x4") {
  const Image image = pattern(16, 16);
  const auto small = [&](Kernel kernel) { return first_channel(resize(image, 4, 4, kernel, Convention::kPillow)); };
  CHECK(small(Kernel::kBicubic) ==
        std::vector<int>{126, 133, 137, 146, 137, 132, 127, 132, 135, 101, 119, 115, 101, 106, 126, 111});
  CHECK(small(Kernel::kBilinear) ==
        std::vector<int>{127, 134, 136, 144, 135, 131, 128, 131, 132, 105, 118, 116, 103, 107, 124, 112});
  CHECK(small(Kernel::kBox) ==
        std::vector<int>{127, 125, 139, 137, 141, 123, 111, 146, 139, 96, 143, 118, 105, 114, 118, 104});
}

TEST_CASE("pillow clips between its passes when it enlarges, float does not") {
  const std::vector<int> big = first_channel(resize(pattern(8, 8), 16, 16, Kernel::kBicubic, Convention::kPillow));
  CHECK(std::vector<int>(big.begin(), big.begin() + 4) == std::vector<int>{0, 0, 17, 36});
  CHECK(std::vector<int>(big.begin() + 16, big.begin() + 20) == std::vector<int>{16, 23, 43, 66});
  const std::vector<float> loose = floats(8, 8, 16, 16, Kernel::kBicubic);
  check_close({loose[0], loose[1], loose[2], loose[3]}, {-12.121972, -2.8037784, 16.916927, 36.566177});
}

TEST_CASE("pillow: all kernels, odd sizes, shrinking, enlarging and both") {
  check_all(
      {
          {17, 13, 5, 3, {0x8b0b73e884042c36, 0x01425073be9d5abf, 0x6956717027e3dc15, 0x2612b0d286b5dd76}},
          {64, 48, 16, 12, {0x0c86cccf7fdf1c59, 0xf023485ecbcb97d9, 0x5982e77d8c83ac27, 0x377edb8ecb5de9f6}},
          {97, 61, 31, 17, {0x9e8c0dd97109138f, 0x13e8fdc728683fca, 0x437668207d21a672, 0x574791078c8e446a}},
          {61, 97, 17, 31, {0x5ed21a4c70ba7bc5, 0x38885ae92e6b04b9, 0x559b3e702ce31a9b, 0x292a4cfca85decd2}},
          {20, 70, 10, 35, {0x5b16f4a98015d17a, 0x473fd5cb7f81fe29, 0xe94c629058294817, 0x881c1f9f58f3213c}},
          {30, 80, 60, 7, {0xf2625658b2d11f2b, 0x8f2e546d14570534, 0x4404de08c7366b8c, 0x61d3bb15efa7bf7d}},
          {40, 9, 11, 9, {0x75fa5d3df889fde6, 0x9792c30894491363, 0x0843562e4856b460, 0xd30ac09b1f0b0e6c}},
          {9, 40, 9, 11, {0x9fc0e5b9de2feede, 0x103be41d929bbd81, 0x8a6b66991c4c60c8, 0xa9ef8ac6362a1c55}},
          {8, 8, 16, 16, {0x10b4b66e9e26c945, 0xc2e8c176fd843328, 0xab50e299cbc2a575, 0x4dad1c73484501ea}},
          {19, 23, 76, 92, {0x7544858579fcd235, 0x524a0128fa73a537, 0xe6c057a47b7ad4fa, 0x78e4803f70e83997}},
          {23, 19, 50, 11, {0xaa7bc22ce25c53d8, 0x58959c16a905fea7, 0x16aac1946b297703, 0x53c322ed4b0440c4}},
          {5, 5, 1, 1, {0xc00bab198039d4b4, 0x9163de1964da4267, 0x9163dd1964da40b4, 0x9d66c0196c9b8ebb}},
          {1, 1, 7, 3, {0x37406ac7d5f88a86, 0x37406ac7d5f88a86, 0x37406ac7d5f88a86, 0x37406ac7d5f88a86}},
          {3, 2, 40, 50, {0xd6ad4816f18c952d, 0xec277caaf19d1807, 0xa90149967a19a554, 0x7d48ac73b048bbe3}},
          {300, 200, 75, 50, {0x8a6d7c88b8806c07, 0xdc37a308b5ec33ea, 0x63d9c27ad1a82f31, 0xd7e0a75ffc922c48}},
      },
      Convention::kPillow);
}

TEST_CASE("pillow12 always resizes along x first") {
  check_all(
      {
          {30, 80, 60, 7, {0xf2625658b2d11f2b, 0x8ea5a7bdd56bb4b2, 0x0fbe519d29e1585a, 0x067d8b6afe699df9}},
          {20, 70, 10, 35, {0xe564eda5b69ca3ca, 0x2d83d5ebd38e2d5d, 0xf5c36d2e07b43534, 0xbf4386dc059ca54d}},
      },
      Convention::kPillow12);
  const Image wide = pattern(70, 20);
  CHECK(resize(wide, 35, 10, Kernel::kLanczos, Convention::kPillow).u8 ==
        resize(wide, 35, 10, Kernel::kLanczos, Convention::kPillow12).u8);
}

TEST_CASE("matlab: all kernels and sizes") {
  check_all(
      {
          {17, 13, 5, 3, {0x6abc8e56950d577e, 0xe08cbc5a6fc22566, 0x12eb9f1fc1fe37b5, 0x54d36ae76d6412a4}},
          {64, 48, 16, 12, {0x742f6b31636d79cd, 0xec5a48df9d18a281, 0x245abc4325c36e61, 0x8d10dfc112bee360}},
          {97, 61, 31, 17, {0x74086cf5d4061ef9, 0xebd58b983900b296, 0xa1108547aca66753, 0x2993c97caa3d20ea}},
          {61, 97, 17, 31, {0x5ed21a4c70ba7bc5, 0xa4aacfadfe4c36f3, 0x1ad447c352b6dced, 0x7f49601d0d73e422}},
          {20, 70, 10, 35, {0x5b16f4a98015d17a, 0x5848c0aacd2f5e7e, 0x02f2ab74123f358a, 0xb9ae7fa9378b1e22}},
          {30, 80, 60, 7, {0x2bd102a6ba128963, 0x5ea9518e4ff9cb26, 0xe917104413b13e8e, 0xfa1236252fdefdad}},
          {40, 9, 11, 9, {0x75fa5d3df889fde6, 0x92dd17af2b132069, 0xd413642bf455fa42, 0x86c52f7cd72e5217}},
          {9, 40, 9, 11, {0x9fc0e5b9de2feede, 0x490649c74def73b9, 0x0ea25c75006c8000, 0xf7dbbd5d0343c3ac}},
          {8, 8, 16, 16, {0x10b4b66e9e26c945, 0x104ea0131c7b4ba2, 0x8ebb87d35d798385, 0xe32b440b4fc16ee4}},
          {19, 23, 76, 92, {0x7544858579fcd235, 0x684d39e5560377d7, 0x23aad9be25b0741f, 0x2d488478bab48ca9}},
          {23, 19, 50, 11, {0xaa7bc22ce25c53d8, 0xbd42dee6183850d5, 0xb29e0a3f604a72d6, 0x774df77b9269272d}},
          {5, 5, 1, 1, {0xc00bac198039d667, 0xc00bac198039d667, 0xc00bac198039d667, 0xc00bac198039d667}},
          {1, 1, 7, 3, {0x37406ac7d5f88a86, 0x37406ac7d5f88a86, 0x37406ac7d5f88a86, 0x37406ac7d5f88a86}},
          {3, 2, 40, 50, {0xd6ad4816f18c952d, 0xec277caaf19d1807, 0xcfc3fb59371bf63e, 0x060e96ed8cb974a7}},
          {300, 200, 75, 50, {0xb5e66fd3b0de2495, 0xcee4a199949a4829, 0x01addb6dc7e0e489, 0x43ff4b5795241c2d}},
      },
      Convention::kMatlab);
  check_all(
      {
          {64, 48, 16, 12, {0xf25b4f4475466f38, 0x904b183184779c71, 0xe3f9f79095288bf4, 0x6551c53768b3edeb}},
          {19, 23, 76, 92, {0x0ceace758ce6ff25, 0x0de9007e82e89ba2, 0x29829827cae8e67f, 0xcd61f5c60f95a5d4}},
      },
      Convention::kMatlab, 16);
}

TEST_CASE("matlab mirrors at the border: within one level of the unrounded vector, since it rounds twice") {
  const double mirror[] = {118.1990, 133.3882, 132.4070, 145.7711, 139.2352, 131.8433, 126.8246, 134.6443,
                           136.7812, 99.8380,  118.5207, 116.2218, 106.6593, 108.1030, 125.5780, 108.9229};
  const std::vector<int> got = first_channel(resize(pattern(16, 16), 4, 4, Kernel::kBicubic, Convention::kMatlab));
  for (size_t i = 0; i < 16; ++i) CHECK(std::abs(got[i] - mirror[i]) < 1);
}

TEST_CASE("float: the published vector, and torch with antialias, to 1e-4") {
  check_close(floats(16, 16, 4, 4, Kernel::kBicubic),
              {126.0609, 133.2586, 136.6686, 145.9356, 136.9787, 132.0725, 126.9438, 132.2757, 135.1089, 100.6634,
               118.5011, 114.7376, 100.9650, 105.6574, 126.1109, 111.1214});
  check_close(floats(7, 5, 3, 2, Kernel::kBicubic), {112.61945, 130.23855, 145.78016, 142.05217, 120.89596, 131.09321});
  check_close(floats(7, 5, 3, 2, Kernel::kBilinear),
              {114.61039, 132.37968, 141.10390, 136.61039, 125.17112, 130.01299});
  check_close(floats(4, 3, 7, 5, Kernel::kBicubic),
              {-10.51583, 2.00123,   26.07771,  47.08491,  68.09210,  92.16858,  104.68564, 27.79799,  40.79377,
               66.71839,  95.34701,  123.97564, 149.90026, 162.89604, 97.50962,  112.61039, 141.65661, 167.00000,
               192.34339, 221.38961, 236.49038, 167.22124, 190.33535, 221.34889, 161.27985, 101.21081, 132.22435,
               155.33846, 205.53506, 233.73153, 265.69382, 149.25472, 32.81561,  64.77790,  92.97437});
}

TEST_CASE("float: rounded to the nearest level and clipped in an image, at 8 and at 16 bits") {
  CHECK(first_channel(resize(pattern(16, 16), 4, 4, Kernel::kBicubic, Convention::kFloat)) ==
        std::vector<int>{126, 133, 137, 146, 137, 132, 127, 132, 135, 101, 119, 115, 101, 106, 126, 111});
  const Image big = resize(pattern(8, 8, 16), 16, 16, Kernel::kBicubic, Convention::kFloat);
  REQUIRE(big.u16.size() == 16 * 16 * 3);
  CHECK(big.u16[0] == 0);
  CHECK(std::abs(big.u16[6] - 16.916927 * 257) < 0.51);
}

TEST_CASE("a flat image stays flat; an unchanged size is a copy; the comment is kept") {
  for (Convention convention : {Convention::kPillow, Convention::kPillow12, Convention::kMatlab, Convention::kFloat})
    for (Kernel kernel : kAll) {
      Image flat = pattern(37, 11);
      std::fill(flat.u8.begin(), flat.u8.end(), 201);
      for (uint8_t value : resize(flat, 9, 23, kernel, convention).u8) REQUIRE(value == 201);
      Image image = pattern(13, 9);
      image.comment = "sr {}";
      const Image same = resize(image, 13, 9, kernel, convention);
      CHECK(same.u8 == image.u8);
      CHECK(same.comment == "sr {}");
      Image deep = pattern(13, 9, 16);
      std::fill(deep.u16.begin(), deep.u16.end(), 51234);
      for (uint16_t value : resize(deep, 5, 20, kernel, convention).u16) REQUIRE(value == 51234);
    }
}

TEST_CASE("every CPU gives the same bytes: the scalar code equals the vectorised code") {
  for (Convention convention : {Convention::kPillow, Convention::kMatlab, Convention::kFloat})
    for (int depth : {8, 16})
      for (int64_t width : {1, 5, 16, 29, 47}) {
        const Image image = pattern(61, 35, depth);
        const Image vectors = resize(image, width, 20, Kernel::kLanczos, convention);
        use_plain_code(true);
        const Image plain = resize(image, width, 20, Kernel::kLanczos, convention);
        use_plain_code(false);
        CHECK(plain.u8 == vectors.u8);
        CHECK(plain.u16 == vectors.u16);
      }
}

TEST_CASE("the vectorised passes equal plain loops, whatever the number of channels and rows") {
  RandomStream random(1, 2, 3);
  for (int round = 0; round < 40; ++round) {
    const int64_t in_width = 1 + static_cast<int64_t>(random.below(70)),
                  in_height = 1 + static_cast<int64_t>(random.below(70));
    const int64_t width = 1 + static_cast<int64_t>(random.below(70)),
                  height = 1 + static_cast<int64_t>(random.below(70));
    const int64_t channels = 1 + static_cast<int64_t>(random.below(5));
    std::vector<float> in(static_cast<size_t>(in_width * in_height * channels));
    for (float& value : in) value = static_cast<float>(random.normal());
    const auto got = resize_float(in, in_width, in_height, channels, width, height, Kernel::kBicubic);
    // The definition, in doubles: weights k((j + 0.5 - c) / s) over their sum.
    const auto weights = [](int64_t from, int64_t to, int64_t i) {
      const double scale = static_cast<double>(from) / static_cast<double>(to), s = std::max(1.0, scale);
      const double c = (static_cast<double>(i) + 0.5) * scale;
      std::vector<double> w;
      double sum = 0;
      for (int64_t j = 0; j < from; ++j) {
        const double x = std::abs((static_cast<double>(j) + 0.5 - c) / s);
        w.push_back(x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0);
        sum += w.back();
      }
      for (double& value : w) value /= sum;
      return w;
    };
    for (int64_t y = 0; y < height; y += 3) {
      const auto wy = weights(in_height, height, y);
      for (int64_t x = 0; x < width; x += 2) {
        const auto wx = weights(in_width, width, x);
        for (int64_t c = 0; c < channels; ++c) {
          double sum = 0;
          for (int64_t j = 0; j < in_height; ++j)
            for (int64_t i = 0; i < in_width; ++i)
              sum += wy[static_cast<size_t>(j)] * wx[static_cast<size_t>(i)] *
                     in[static_cast<size_t>((j * in_width + i) * channels + c)];
          REQUIRE(std::abs(got[static_cast<size_t>((y * width + x) * channels + c)] - sum) < 1e-5);
        }
      }
    }
  }
}

TEST_CASE("rows are those of the whole result") {
  const Image in = pattern(13, 11), deep = pattern(13, 11, 16);
  const auto floats = float_levels(in);
  for (const Kernel kernel : kAll)
    for (const auto& [width, height] : {std::pair{26, 22}, {13, 33}, {20, 11}, {13, 11}, {5, 4}, {40, 3}})
      for (const Rows rows : {Rows{0, 1}, Rows{1, 2}, Rows{height - 1, 1}, Rows{0, height}}) {
        const auto row = static_cast<size_t>(width) * 3, first = static_cast<size_t>(rows.first) * row,
                   count = static_cast<size_t>(rows.count) * row;
        const auto part = [&](const auto& whole) {
          const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(first);
          return std::decay_t<decltype(whole)>(begin, begin + static_cast<std::ptrdiff_t>(count));
        };
        for (const Convention convention :
             {Convention::kPillow, Convention::kPillow12, Convention::kMatlab, Convention::kFloat}) {
          CHECK(resize_rows(in, width, height, kernel, convention, rows).u8 ==
                part(resize(in, width, height, kernel, convention).u8));
          CHECK(resize_rows(deep, width, height, kernel, convention, rows).u16 ==
                part(resize(deep, width, height, kernel, convention).u16));
        }
        CHECK(resize_float_rows(floats, 13, 11, 3, width, height, kernel, rows) ==
              part(resize_float(floats, 13, 11, 3, width, height, kernel)));
      }
  CHECK_THROWS_AS(resize_rows(in, 4, 4, Kernel::kBox, Convention::kPillow, {3, 2}), std::logic_error);
  CHECK_THROWS_AS(resize_rows(in, 4, 4, Kernel::kBox, Convention::kPillow, {0, 0}), std::logic_error);
}

TEST_CASE("names, and invalid sizes") {
  for (Kernel kernel : kAll) CHECK(kernel_named(name_of(kernel)) == kernel);
  CHECK(convention_named("pillow12") == Convention::kPillow12);
  CHECK(std::string(name_of(Convention::kMatlab)) == "matlab");
  CHECK_THROWS_WITH_AS(kernel_named("cubic"), "unknown kernel 'cubic' (box, bilinear, bicubic, lanczos)", UsageError);
  CHECK_THROWS_AS(convention_named(""), UsageError);
  CHECK_THROWS_AS(resize(pattern(4, 4), 0, 4, Kernel::kBox, Convention::kPillow), std::logic_error);
}
