#include "fid/inception.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/rng.h"
#include "format/torch_files.h"
#include "stream/scratch.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

// Random weights with which values stay near 1 through the layers.
TensorFile random_weights() {
  TensorFile file;
  at::manual_seed(3);
  for (const auto& [name, shape] : Inception::parameters()) {
    at::Tensor value = at::randn(shape);
    if (shape.size() == 4) value = value * std::sqrt(2.0 / static_cast<double>(shape[1] * shape[2] * shape[3]));
    if (name.ends_with("bn.weight")) value = 1 + 0.1 * value;
    if (name.ends_with("running_var")) value = 0.5 + value.abs();
    if (name.ends_with("bn.bias") || name.ends_with("running_mean")) value = 0.1 * value;
    if (name == "fc.weight") value = value * 0.02;
    file.tensors.emplace_back(name, value);
  }
  return file;
}

// A second implementation, straight from the description of the network: one image, planes of doubles, loops, separate
// batch normalisation.
struct Map {
  int64_t channels, height, width;
  std::vector<double> at;
  double& operator()(int64_t c, int64_t y, int64_t x) { return at[static_cast<size_t>((c * height + y) * width + x)]; }
  double operator()(int64_t c, int64_t y, int64_t x) const {
    return at[static_cast<size_t>((c * height + y) * width + x)];
  }
};
Map blank(int64_t c, int64_t h, int64_t w) { return {c, h, w, std::vector<double>(static_cast<size_t>(c * h * w))}; }

struct Plain {
  std::map<std::string, at::Tensor> weights;
  Map kept;  // of Mixed_6d.branch1x1

  // pad: -1 keeps the size, 0 is "valid".
  Map conv(const std::string& name, const Map& in, int64_t stride = 1, int64_t pad = -1) const {
    const at::Tensor w = weights.at(name + ".conv.weight");
    const int64_t out_channels = w.size(0), kh = w.size(2), kw = w.size(3);
    REQUIRE(w.size(1) == in.channels);
    const int64_t ph = pad < 0 ? kh / 2 : 0, pw = pad < 0 ? kw / 2 : 0;
    Map out = blank(out_channels, (in.height + 2 * ph - kh) / stride + 1, (in.width + 2 * pw - kw) / stride + 1);
    const float* k = w.data_ptr<float>();
    const auto value = [&](const char* of, int64_t c) {
      return static_cast<double>(weights.at(name + of).data_ptr<float>()[c]);
    };
    for (int64_t o = 0; o < out_channels; ++o) {
      for (int64_t i = 0; i < in.channels; ++i)
        for (int64_t v = 0; v < kh; ++v)
          for (int64_t u = 0; u < kw; ++u) {
            const double weight = static_cast<double>(*k++);
            for (int64_t y = 0; y < out.height; ++y) {
              const int64_t from = y * stride + v - ph;
              if (from < 0 || from >= in.height) continue;
              for (int64_t x = 0; x < out.width; ++x) {
                const int64_t column = x * stride + u - pw;
                if (column >= 0 && column < in.width) out(o, y, x) += weight * in(i, from, column);
              }
            }
          }
      const double deviation = std::sqrt(value(".bn.running_var", o) + 0.001);
      for (int64_t y = 0; y < out.height; ++y)
        for (int64_t x = 0; x < out.width; ++x)
          out(o, y, x) =
              std::max(0.0, (out(o, y, x) - value(".bn.running_mean", o)) / deviation * value(".bn.weight", o) +
                                value(".bn.bias", o));
    }
    return out;
  }
  static Map pool(const Map& in, int64_t stride, int64_t pad, bool maximum) {
    Map out = blank(in.channels, (in.height + 2 * pad - 3) / stride + 1, (in.width + 2 * pad - 3) / stride + 1);
    for (int64_t c = 0; c < in.channels; ++c)
      for (int64_t y = 0; y < out.height; ++y)
        for (int64_t x = 0; x < out.width; ++x) {
          double sum = 0, best = -1e300;
          int count = 0;
          for (int64_t v = y * stride - pad; v < y * stride - pad + 3; ++v)
            for (int64_t u = x * stride - pad; u < x * stride - pad + 3; ++u)
              if (v >= 0 && v < in.height && u >= 0 && u < in.width) {
                sum += in(c, v, u), ++count;
                best = std::max(best, in(c, v, u));
              }
          out(c, y, x) = maximum ? best : sum / count;
        }
    return out;
  }
  static Map joined(const std::vector<Map>& parts) {
    Map out = blank(0, parts[0].height, parts[0].width);
    for (const Map& part : parts) {
      REQUIRE(part.height == out.height);
      out.channels += part.channels;
      out.at.insert(out.at.end(), part.at.begin(), part.at.end());
    }
    return out;
  }

  Map run(Map x) {
    x = conv("Conv2d_1a_3x3", x, 2, 0);
    x = conv("Conv2d_2a_3x3", x, 1, 0);
    x = pool(conv("Conv2d_2b_3x3", x), 2, 0, true);
    x = conv("Conv2d_4a_3x3", conv("Conv2d_3b_1x1", x), 1, 0);
    x = pool(x, 2, 0, true);
    for (const std::string b : {"Mixed_5b.", "Mixed_5c.", "Mixed_5d."})
      x = joined({conv(b + "branch1x1", x), conv(b + "branch5x5_2", conv(b + "branch5x5_1", x)),
                  conv(b + "branch3x3dbl_3", conv(b + "branch3x3dbl_2", conv(b + "branch3x3dbl_1", x))),
                  conv(b + "branch_pool", pool(x, 1, 1, false))});
    std::string b = "Mixed_6a.";
    x = joined({conv(b + "branch3x3", x, 2, 0),
                conv(b + "branch3x3dbl_3", conv(b + "branch3x3dbl_2", conv(b + "branch3x3dbl_1", x)), 2, 0),
                pool(x, 2, 0, true)});
    for (const std::string c : {"Mixed_6b.", "Mixed_6c.", "Mixed_6d.", "Mixed_6e."}) {
      const Map first = conv(c + "branch1x1", x);
      if (c == "Mixed_6d.") kept = first;
      Map dbl = conv(c + "branch7x7dbl_1", x);
      for (const char* n : {"2", "3", "4", "5"}) dbl = conv(c + "branch7x7dbl_" + n, dbl);
      x = joined({first, conv(c + "branch7x7_3", conv(c + "branch7x7_2", conv(c + "branch7x7_1", x))), dbl,
                  conv(c + "branch_pool", pool(x, 1, 1, false))});
    }
    b = "Mixed_7a.";
    const Map seven = conv(b + "branch7x7x3_3", conv(b + "branch7x7x3_2", conv(b + "branch7x7x3_1", x)));
    x = joined({conv(b + "branch3x3_2", conv(b + "branch3x3_1", x), 2, 0), conv(b + "branch7x7x3_4", seven, 2, 0),
                pool(x, 2, 0, true)});
    for (const std::string e : {"Mixed_7b.", "Mixed_7c."}) {
      const Map three = conv(e + "branch3x3_1", x);
      const Map dbl = conv(e + "branch3x3dbl_2", conv(e + "branch3x3dbl_1", x));
      x = joined({conv(e + "branch1x1", x), conv(e + "branch3x3_2a", three), conv(e + "branch3x3_2b", three),
                  conv(e + "branch3x3dbl_3a", dbl), conv(e + "branch3x3dbl_3b", dbl),
                  conv(e + "branch_pool", pool(x, 1, 1, e == "Mixed_7c."))});
    }
    return x;
  }
};

double relative(const at::Tensor& a, const std::vector<double>& b) {
  double worst = 0, largest = 0;
  REQUIRE(a.numel() == static_cast<int64_t>(b.size()));
  for (size_t i = 0; i < b.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(a.data_ptr<float>()[i]) - b[i]));
    largest = std::max(largest, std::abs(b[i]));
  }
  REQUIRE(largest > 1e-3);
  return worst / largest;
}

}  // namespace

TEST_CASE("the network has the published parameters") {
  int64_t count = 0;
  for (const auto& [name, shape] : Inception::parameters()) {
    if (name.find("running") != std::string::npos) continue;
    int64_t n = 1;
    for (const int64_t size : shape) n *= size;
    count += n;
  }
  // torchvision's Inception v3 has 27,161,264 parameters, 3,326,696 of them in its auxiliary head; ours has 8 more classes.
  CHECK(count == 27'161'264 - 3'326'696 + 8 * 2049);
}

TEST_CASE("Inception agrees with a plain forward pass in all outputs") {
  const TensorFile weights = random_weights();
  const Inception inception(weights, "w", at::kCPU);
  constexpr int64_t kHeight = 107, kWidth = 75;  // small, but with more than one position in the last blocks
  const at::Tensor x = at::rand({2, 3, kHeight, kWidth}) * 2 - 1;
  const Features f = inception(x, {true, true, true});

  Plain plain{{weights.tensors.begin(), weights.tensors.end()}, {}};
  Map image = blank(3, kHeight, kWidth);
  for (size_t i = 0; i < image.at.size(); ++i)
    image.at[i] = static_cast<double>(x.data_ptr<float>()[image.at.size() + i]);  // the second one
  const Map last = plain.run(image);
  REQUIRE(last.channels == 2048);
  std::vector<double> pool, spatial, scores(1008);
  for (int64_t c = 0; c < last.channels; ++c) {
    double sum = 0;
    for (int64_t y = 0; y < last.height; ++y)
      for (int64_t u = 0; u < last.width; ++u) sum += last(c, y, u);
    pool.push_back(sum / static_cast<double>(last.height * last.width));
  }
  for (int64_t y = 0; y < plain.kept.height; ++y)
    for (int64_t u = 0; u < plain.kept.width; ++u)
      for (int64_t c = 0; c < 7; ++c) spatial.push_back(plain.kept(c, y, u));
  double total = 0;
  const float* w = plain.weights.at("fc.weight").data_ptr<float>();
  for (double& score : scores) {
    for (int64_t c = 0; c < 2048; ++c) score += pool[static_cast<size_t>(c)] * static_cast<double>(*w++);
    total += score = std::exp(score);
  }
  for (double& score : scores) score /= total;
  CHECK(relative(f.pool[1], pool) < 1e-4);
  CHECK(relative(f.probabilities[1], scores) < 1e-4);
  CHECK(relative(f.spatial[1], spatial) < 1e-4);
}

TEST_CASE("a published state dict can be opened as a feature network") {
  const samples::Folder scratch;
  const TensorFile weights = random_weights();
  using namespace torch_files;
  std::vector<std::pair<std::string, std::string>> items;
  std::vector<Stored> stored;
  for (const auto& [name, value] : weights.tensors) {
    const std::string key = std::to_string(stored.size());
    stored.push_back({key, value.numel(), std::string(static_cast<const char*>(value.data_ptr()), value.nbytes())});
    items.emplace_back(
        name, tensor(storage("FloatStorage", key, value.numel()), 0, value.sizes().vec(), value.strides().vec()));
    if (name.ends_with("running_var") && name < "Mixed_6") {  // exists only in some files
      const std::string counter = std::to_string(stored.size());
      stored.push_back({counter, 1, std::string(8, '\0')});
      items.emplace_back(name.substr(0, name.rfind('.')) + ".num_batches_tracked",
                         tensor(storage("LongStorage", counter, 1), 0, {}, {}));
    }
  }
  write_file(scratch.path + "w.pth", legacy(dict(items), stored));
  FeatureOptions options;
  options.batch = 1;
  const auto network = open_features(scratch.path + "w.pth", options);
  CHECK(network->spec().resize == "tf1");
  CHECK(network->spec().scale == "128");
  CHECK(!network->spec().inception);  // its SHA-256 is not that of the published file
  CHECK(network->has_spatial());
  Image image = make_image(299, 299);
  for (size_t i = 0; i < image.u8.size(); ++i) image.u8[i] = static_cast<uint8_t>(i * 37 % 251);
  const at::Tensor x = network->prepare(image).unsqueeze(0);
  const Features f = (*network)(x, {true, false, true});
  CHECK(f.pool.sizes() == at::IntArrayRef{1, 2048});
  CHECK(f.spatial.sizes() == at::IntArrayRef{1, 2023});
  const Features direct = Inception(weights, "w", at::kCPU)((x - 128) / 128, {true, false, true});
  CHECK(at::allclose(f.pool, direct.pool, 1e-5, 1e-6));
  options.trust = true;
  options.resize = "clean";
  options.scale = "127.5";
  const auto trusted = open_features(scratch.path + "w.pth", options);
  CHECK(trusted->spec().inception);
  CHECK(trusted->spec().scale == "127.5");
  CHECK_THROWS_WITH_AS((*trusted)(at::zeros({1, 3, 75, 75}), {}), doctest::Contains("299x299"), Error);
}

TEST_CASE("weights of another network are refused, with the name of a tensor that differs") {
  TensorFile weights = random_weights();
  const auto refused = [&](const char* why) {
    CHECK_THROWS_WITH_AS(Inception(weights, "w.pth", at::kCPU), doctest::Contains(why), DataError);
  };
  weights.tensors.emplace_back("AuxLogits.fc.weight", at::zeros({1}));
  refused("'AuxLogits.fc.weight' is unknown");
  weights.tensors.pop_back();
  at::Tensor& bias = weights.tensors.back().second;
  bias = at::zeros({1000});
  refused("'fc.bias' is [1000], not [1008]");
  weights.tensors.erase(weights.tensors.begin());
  refused("there is no 'Conv2d_1a_3x3.conv.weight'");
}
