// The detector of study/machine.h, trained with plain stochastic gradient descent on pairs of crops. The crops have the
// images' own resolution, because it is fine detail that gives a generated image away, and resizing would remove it.

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/options.h"
#include "base/rng.h"
#include "base/signals.h"
#include "image/codec.h"
#include "nn/resnet.h"
#include "study/machine.h"
#include "tensor/aten.h"
#include "tensor/convert.h"

namespace sr3 {
namespace {

constexpr double kRate = 0.05, kMomentum = 0.9, kDecay = 5e-4;
at::Tensor load(const Study& study, int64_t image, int64_t model) {
  return to_tensor(decode(study.image_bytes(image, model), study.image_path(image, model), {}));
}

at::Tensor window(const at::Tensor& image, int64_t y, int64_t x, int64_t side) {
  return image.narrow(1, y, std::min(side, image.size(1))).narrow(2, x, std::min(side, image.size(2)));
}

struct Pair {
  at::Tensor real, generated;  // (3,H,W)
};

class Detector {
 public:
  Detector(const DetectorOptions& options, uint64_t seed, int64_t crop)
      : options_(options), seed_(seed), crop_(crop), network_({20, 2, /*stem_stride=*/2}, seed, at::kCPU) {
    for (const auto& [name, tensor] : network_.parameters()) momenta_.push_back(at::zeros_like(tensor).detach());
  }

  // One training step on crops of `batch` pairs. Both crops of a pair are from the same place, so that they differ only
  // in being real or generated.
  void learn(const std::vector<Pair>& pairs, int64_t step) {
    RandomStream random(seed_, static_cast<uint64_t>(step), kDetectorCrop);
    std::vector<at::Tensor> crops;
    for (int64_t k = 0; k < options_.batch; ++k) {
      const Pair& pair = pairs[random.below(pairs.size())];
      const auto from = [&](int64_t side) {
        return static_cast<int64_t>(random.below(static_cast<uint64_t>(std::max<int64_t>(0, side - crop_)) + 1));
      };
      const int64_t y = from(pair.real.size(1)), x = from(pair.real.size(2));
      const bool mirror = random.below(2) == 1;
      for (const at::Tensor* image : {&pair.real, &pair.generated}) {
        const at::Tensor cut = window(*image, y, x, crop_);
        crops.push_back(mirror ? cut.flip(2) : cut);
      }
    }
    const at::Tensor labels = at::arange(2 * options_.batch, at::kLong).remainder(2);  // 0 real, 1 generated
    const at::Tensor loss = at::cross_entropy_loss(network_(at::stack(crops), /*training=*/true), labels);
    loss.backward();
    if (!std::isfinite(loss.item<double>())) throw Error("cannot train the detector: its loss is not finite");
    const double done = static_cast<double>(step) / static_cast<double>(options_.steps);
    const double rate = kRate * 0.5 * (1 + std::cos(3.14159265358979323846 * done));
    const at::NoGradGuard no_gradients;
    for (size_t i = 0; i < momenta_.size(); ++i) {
      at::Tensor weight = network_.parameters()[i].second;
      at::Tensor& gradient = weight.mutable_grad();
      if (weight.dim() > 1) gradient.add_(weight, kDecay);
      momenta_[i].mul_(kMomentum).add_(gradient);
      weight.add_(momenta_[i], -rate);
      gradient.reset();
    }
  }

  // The log odds that the image is real: the mean over windows that cover it.
  double realness(const at::Tensor& image) const {
    const at::NoGradGuard no_gradients;
    const auto places = [this](int64_t side) {
      std::vector<int64_t> out;
      const int64_t last = std::max<int64_t>(0, side - crop_), parts = (last + crop_ - 1) / crop_;
      for (int64_t k = 0; k <= parts; ++k) out.push_back(parts > 0 ? last * k / parts : 0);
      return out;
    };
    std::vector<at::Tensor> crops;
    for (const int64_t y : places(image.size(1)))
      for (const int64_t x : places(image.size(2))) crops.push_back(window(image, y, x, crop_));
    double sum = 0;
    for (size_t first = 0; first < crops.size(); first += 64) {
      const std::vector<at::Tensor> some(crops.begin() + static_cast<ptrdiff_t>(first),
                                         crops.begin() + static_cast<ptrdiff_t>(std::min(crops.size(), first + 64)));
      const at::Tensor logits = network_(at::stack(some), /*training=*/false);
      sum += (logits.select(1, 0) - logits.select(1, 1)).sum().item<double>();
    }
    return sum / static_cast<double>(crops.size());
  }

 private:
  const DetectorOptions& options_;
  uint64_t seed_;
  int64_t crop_;
  ResNet network_;
  std::vector<at::Tensor> momenta_;
};

}  // namespace

void DetectorOptions::declare(Options& options) {
  options.add("steps", 0, &steps, "N", at_least(1), "detector: training steps for each half of each model's images");
  options.add("crop", 0, &crop, "N", at_least(8), "detector: side of the crops it is trained on");
}

MachineScores detector_scores(const Study& study, const DetectorOptions& options, const RateProgress& progress) {
  const StudyDesign& design = study.design();
  const auto images = static_cast<int64_t>(design.images.size()), models = static_cast<int64_t>(design.models.size());
  if (images < 4) throw UsageError("a detector needs at least four images, since it is trained on half of them");
  const StopSignals signals;
  MachineScores scores{design.id, "detector", {}};
  const int64_t total = models * 2 * options.steps;
  for (int64_t m = 0; m < models; ++m) {
    std::vector<Pair> pairs;
    int64_t crop = options.crop;
    for (int64_t i = 0; i < images; ++i) {
      pairs.push_back({load(study, i, -1), load(study, i, m)});
      crop = std::min({crop, pairs.back().real.size(1), pairs.back().real.size(2)});
    }
    scores.pairs.resize(static_cast<size_t>((m + 1) * images));
    for (const int64_t fold : {0, 1}) {
      // Images are in the order of their names, and neighbours may be similar: each fold gets every other image.
      std::vector<Pair> others;
      for (int64_t i = 0; i < images; ++i)
        if (i % 2 != fold) others.push_back(pairs[static_cast<size_t>(i)]);
      const auto number = static_cast<uint64_t>(m * 2 + fold);
      Detector detector(options, options.seed * 1000003 + number, crop);
      for (int64_t step = 0; step < options.steps; ++step) {
        detector.learn(others, step);
        progress(static_cast<int64_t>(number) * options.steps + step + 1, total);
        if (StopSignals::received() != 0) return {};
      }
      for (int64_t i = fold; i < images; i += 2) {
        const Pair& pair = pairs[static_cast<size_t>(i)];
        scores.pairs[static_cast<size_t>(m * images + i)] = {m, i, detector.realness(pair.real),
                                                             detector.realness(pair.generated)};
      }
    }
  }
  return scores;
}

}  // namespace sr3
