#include "lpips/lpips.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/rng.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

// A picture of the network in plain loops, written from the papers and torchvision's documentation, not from our code.
struct Map {
  int64_t c, h, w;
  std::vector<double> v;
  Map(int64_t channels, int64_t height, int64_t width)
      : c(channels), h(height), w(width), v(static_cast<size_t>(channels * height * width)) {}
  double& at(int64_t k, int64_t y, int64_t x) { return v[static_cast<size_t>((k * h + y) * w + x)]; }
  double at(int64_t k, int64_t y, int64_t x) const { return v[static_cast<size_t>((k * h + y) * w + x)]; }
};

class Slow {
 public:
  explicit Slow(const TensorFile& weights) {
    for (const auto& [name, value] : weights.tensors) all_[name] = value;
  }

  Map conv(const Map& in, const std::string& name, int64_t stride, int64_t pad) const {
    const at::Tensor& weight = all_.at(name + ".weight");
    const float* w = weight.data_ptr<float>();
    const float* b = all_.at(name + ".bias").data_ptr<float>();
    const int64_t k = weight.size(2);
    Map out(weight.size(0), (in.h + 2 * pad - k) / stride + 1, (in.w + 2 * pad - k) / stride + 1);
    for (int64_t o = 0; o < out.c; ++o)
      for (int64_t y = 0; y < out.h; ++y)
        for (int64_t x = 0; x < out.w; ++x) {
          double sum = double{b[o]};
          for (int64_t i = 0; i < in.c; ++i)
            for (int64_t dy = 0; dy < k; ++dy)
              for (int64_t dx = 0; dx < k; ++dx) {
                const int64_t sy = y * stride + dy - pad, sx = x * stride + dx - pad;
                if (sy < 0 || sx < 0 || sy >= in.h || sx >= in.w) continue;
                sum += double{w[((o * in.c + i) * k + dy) * k + dx]} * in.at(i, sy, sx);
              }
          out.at(o, y, x) = std::max(sum, 0.0);
        }
    return out;
  }

  static Map pool(const Map& in, int64_t k, bool round_up) {
    const auto side = [&](int64_t n) { return (n - k + (round_up ? 1 : 0)) / 2 + 1; };
    Map out(in.c, side(in.h), side(in.w));
    for (int64_t c = 0; c < out.c; ++c)
      for (int64_t y = 0; y < out.h; ++y)
        for (int64_t x = 0; x < out.w; ++x) {
          double most = -1e300;
          for (int64_t dy = 0; dy < k && 2 * y + dy < in.h; ++dy)
            for (int64_t dx = 0; dx < k && 2 * x + dx < in.w; ++dx)
              most = std::max(most, in.at(c, 2 * y + dy, 2 * x + dx));
          out.at(c, y, x) = most;
        }
    return out;
  }

  Map fire(const Map& in, int64_t index) const {
    const std::string name = cat("features.", index);
    const Map squeezed = conv(in, name + ".squeeze", 1, 0);
    const Map one = conv(squeezed, name + ".expand1x1", 1, 0), three = conv(squeezed, name + ".expand3x3", 1, 1);
    Map out(one.c + three.c, one.h, one.w);
    std::copy(three.v.begin(), three.v.end(), std::copy(one.v.begin(), one.v.end(), out.v.begin()));
    return out;
  }

  std::vector<Map> features(const std::string& network, Map x) const {
    std::vector<Map> all;
    const auto step = [&](Map next, bool keep) {
      x = std::move(next);
      if (keep) all.push_back(x);
    };
    if (network == "alex") {
      step(conv(x, "features.0", 4, 2), true);
      step(conv(pool(x, 3, false), "features.3", 1, 2), true);
      step(conv(pool(x, 3, false), "features.6", 1, 1), true);
      step(conv(x, "features.8", 1, 1), true);
      step(conv(x, "features.10", 1, 1), true);
    } else if (network == "vgg") {
      for (const int64_t index : {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28}) {
        if (index == 5 || index == 10 || index == 17 || index == 24) x = pool(x, 2, false);
        step(conv(x, cat("features.", index), 1, 1),
             index == 2 || index == 7 || index == 14 || index == 21 || index == 28);
      }
    } else {
      step(conv(x, "features.0", 2, 0), true);
      for (const int64_t index : {3, 4, 6, 7, 9, 10, 11, 12}) {
        if (index == 3 || index == 6 || index == 9) x = pool(x, 3, true);
        step(fire(x, index), index != 3 && index != 6);
      }
    }
    return all;
  }

  double distance(const std::string& network, const TensorFile& linear, const Image& a, const Image& b) const {
    const double shift[] = {-.030, -.088, -.188}, scale[] = {.458, .448, .450};
    const auto input = [&](const Image& image) {
      Map x(3, image.height, image.width);
      for (int64_t y = 0; y < x.h; ++y)
        for (int64_t u = 0; u < x.w; ++u)
          for (int64_t c = 0; c < 3; ++c)
            x.at(c, y, u) = (image.u8[static_cast<size_t>((y * x.w + u) * 3 + c)] / 127.5 - 1 - shift[c]) / scale[c];
      return features(network, x);
    };
    const std::vector<Map> first = input(a), second = input(b);
    double sum = 0;
    for (size_t k = 0; k < first.size(); ++k) {
      const Map &f = first[k], &g = second[k];
      const float* w = linear.tensors[k].second.data_ptr<float>();
      for (int64_t y = 0; y < f.h; ++y)
        for (int64_t x = 0; x < f.w; ++x) {
          double ff = 0, gg = 0;
          for (int64_t c = 0; c < f.c; ++c) ff += f.at(c, y, x) * f.at(c, y, x), gg += g.at(c, y, x) * g.at(c, y, x);
          for (int64_t c = 0; c < f.c; ++c) {
            const double d = f.at(c, y, x) / (std::sqrt(ff) + 1e-10) - g.at(c, y, x) / (std::sqrt(gg) + 1e-10);
            sum += double{w[c]} * d * d / static_cast<double>(f.h * f.w);
          }
        }
    }
    return sum;
  }

 private:
  std::map<std::string, at::Tensor> all_;
};

at::Tensor drawn(const std::vector<int64_t>& shape, double deviation, uint64_t index, bool positive = false) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  RandomStream random(11, index, kRandomInit);
  random.normals({tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel())});
  tensor.mul_(deviation);
  return positive ? tensor.abs() : tensor;
}

// He initialisation, so that features neither vanish nor explode; other tensors of torchvision's files beside them.
TensorFile weights_of(const std::string& network) {
  TensorFile file;
  uint64_t index = 0;
  for (const auto& [name, shape] : Backbone::parameters(network)) {
    double inputs = 1;
    for (size_t i = 1; i < shape.size(); ++i) inputs *= static_cast<double>(shape[i]);
    file.tensors.emplace_back(name, drawn(shape, shape.size() > 1 ? std::sqrt(2 / inputs) : 0.1, ++index));
  }
  file.tensors.emplace_back("classifier.1.weight", at::zeros({2, 2}));
  return file;
}

TensorFile linear_of(const std::string& network) {
  TensorFile file;
  uint64_t k = 0;
  for (const BackboneLayer& layer : Backbone::layers(network))
    if (layer.tap) {
      file.tensors.emplace_back(cat("lin", k, ".model.1.weight"), drawn({1, layer.out, 1, 1}, 1, 1000 + k, true));
      ++k;
    }
  return file;
}

Image picture(int64_t width, int64_t height, uint64_t seed) {
  Image image = make_image(width, height);
  RandomStream random(seed, 0, kRandomCrop);
  for (uint8_t& sample : image.u8) sample = static_cast<uint8_t>(random.below(256));
  return image;
}

}  // namespace

TEST_CASE("LPIPS agrees with plain loops in double precision, for each network") {
  for (const std::string network : {"alex", "vgg", "squeeze"}) {
    CAPTURE(network);
    const TensorFile weights = weights_of(network), linear = linear_of(network);
    const Lpips lpips(Backbone(weights, "w", at::kCPU), linear, "l");
    CHECK(lpips.network() == network);
    // Sizes that the poolings do not divide: rounded up in SqueezeNet, down in the others.
    const int64_t width = network == "vgg" ? 17 : 41, height = network == "vgg" ? 16 : 36;
    const Image a = picture(width, height, 1), b = picture(width, height, 2);
    const double wanted = Slow(weights).distance(network, linear, a, b);
    CHECK(wanted > 0.1);
    CHECK(lpips(a, b) == doctest::Approx(wanted).epsilon(1e-5));
    CHECK(lpips(b, a) == doctest::Approx(wanted).epsilon(1e-5));
    CHECK(lpips(a, a) == 0);
    // 16 bits of the same levels are the same image.
    CHECK(lpips(with_depth(a, 16), b) == doctest::Approx(wanted).epsilon(1e-5));
  }
}

TEST_CASE("torchvision's layouts: the last layers and the number of weights") {
  const auto count = [](const char* network) {
    int64_t sum = 0;
    for (const auto& [name, shape] : Backbone::parameters(network)) {
      int64_t size = 1;
      for (const int64_t side : shape) size *= side;
      sum += size;
    }
    return sum;
  };
  // Of torchvision's published models without their classifiers.
  CHECK(count("alex") == 2469696);
  CHECK(count("vgg") == 14714688);
  CHECK(count("squeeze") == 722496);
  CHECK(Backbone::parameters("vgg").back().first == "features.28.bias");
}

TEST_CASE("LPIPS refuses weights that are not its own, and images that are too small or differ in size") {
  const TensorFile weights = weights_of("squeeze"), linear = linear_of("squeeze");
  const auto open = [](const TensorFile& network, const TensorFile& layers) {
    return Lpips(Backbone(network, "w.pth", at::kCPU), layers, "l.pth");
  };
  const auto without = [](TensorFile file, const std::string& name) {
    std::erase_if(file.tensors, [&](const auto& one) { return one.first == name; });
    return file;
  };
  const auto with = [&](TensorFile file, const std::string& name, const at::Tensor& value) {
    file = without(file, name);
    file.tensors.emplace_back(name, value);
    return file;
  };
  CHECK_THROWS_WITH_AS(open({}, linear), doctest::Contains("'w.pth': it is not one of LPIPS' networks"), DataError);
  CHECK_THROWS_WITH_AS(open(with(weights, "features.0.weight", at::zeros({96, 3, 7, 7})), linear),
                       doctest::Contains("but SqueezeNet 1.0"), DataError);
  CHECK_THROWS_WITH_AS(open(without(weights, "features.9.squeeze.bias"), linear),
                       doctest::Contains("there is no 'features.9.squeeze.bias'"), DataError);
  CHECK_THROWS_WITH_AS(open(with(weights, "features.12.squeeze.bias", at::zeros({63})), linear),
                       doctest::Contains("'features.12.squeeze.bias' is [63], where LPIPS' squeeze has [64]"),
                       DataError);
  CHECK_THROWS_WITH_AS(open(with(weights, "features.13.weight", at::zeros({1})), linear),
                       doctest::Contains("it is another network"), DataError);
  CHECK_THROWS_WITH_AS(open(with(weights, "features.0.bias", at::full({64}, NAN)), linear),
                       doctest::Contains("not finite"), DataError);
  CHECK_THROWS_WITH_AS(open(weights, without(linear, "lin6.model.1.weight")),
                       doctest::Contains("'l.pth': there is no 'lin6.model.1.weight'"), DataError);
  CHECK_THROWS_WITH_AS(open(weights, linear_of("alex")), doctest::Contains("they are another network's"), DataError);
  CHECK_THROWS_WITH_AS(open(weights, with(linear, "lin7.model.1.weight", at::zeros({1, 512, 1, 1}))),
                       doctest::Contains("linear layers of more features"), DataError);
  const Lpips lpips = open(weights, linear);
  CHECK_THROWS_WITH_AS(lpips(picture(40, 40, 1), picture(40, 41, 1)),
                       doctest::Contains("its size, 40x41, is not the reference's, 40x40"), DataError);
  // 17 -> 8 by the convolution, then 4, 2, 1 by the poolings, which are rounded up; 16 -> 7, 3, 1 and nothing.
  CHECK(lpips(picture(17, 17, 1), picture(17, 17, 2)) > 0);
  CHECK_THROWS_WITH_AS(lpips(picture(16, 40, 1), picture(16, 40, 1)), doctest::Contains("16x40 is too small"),
                       DataError);
  const auto least = [&](const std::string& network) {  // the smallest square
    const Lpips measure(Backbone(weights_of(network), "w", at::kCPU), linear_of(network), "l");
    for (int64_t side = 1;; ++side) try {
        measure(picture(side, side, 1), picture(side, side, 2));
        return side;
      } catch (const DataError&) {
      }
  };
  CHECK(least("squeeze") == 17);
  CHECK(least("vgg") == 16);
  CHECK(least("alex") == 31);  // 31 -> 7 -> 3 -> 1
}
