#include "degrade/random_recipe.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sr3 {
namespace {

template <class Value>
const Value& drawn_from(const std::vector<Value>& values, RandomStream& random) {
  return values[values.size() == 1 ? 0 : static_cast<size_t>(random.below(values.size()))];
}

// Draws the steps of operations, one by one.
struct StepDrawer {
  RandomStream random;
  std::vector<DrawnStep> steps = {};

  void add(const Operation& operation) {
    if (operation.probability < 1 && random.uniform() >= operation.probability) return;
    std::visit(*this, operation.what);
  }

  void operator()(const BlurOperation& o) {
    using std::numbers::pi;
    DrawnBlur step{.shape = o.shape, .size = o.size.draw_whole(random, /*step=*/2)};
    if (o.shape == BlurShape::kSinc) {
      step.cutoff = o.cutoff.draw(random);
    } else {
      step.spread.sigma_x = step.spread.sigma_y = o.sigma.draw(random);
      if (o.anisotropic) {
        step.spread.sigma_y = o.sigma.draw(random);
        step.spread.angle = pi * (2 * random.uniform() - 1);
      }
      if (o.shape != BlurShape::kGaussian) step.beta = o.beta.draw(random);
    }
    steps.emplace_back(step);
  }

  void operator()(const SharpenOperation& o) {
    DrawnSharpen step;
    step.amount = o.amount.draw(random);
    step.sigma = o.sigma.draw(random);
    step.threshold = o.threshold.draw(random);
    steps.emplace_back(step);
  }

  void operator()(const ResizeOperation& o) {
    DrawnResize step{.to_result = o.to_result, .convention = o.convention};
    step.factor = o.factor.draw(random);
    step.kernel = drawn_from(o.kernels, random);
    steps.emplace_back(step);
  }

  void operator()(const NoiseOperation& o) {
    DrawnNoise step{.poisson = o.poisson};
    step.strength = o.strength.draw(random);
    step.grey = o.grey > 0 && random.uniform() < o.grey;
    steps.emplace_back(step);
  }

  void operator()(const JpegOperation& o) {
    DrawnJpeg step;
    step.quality = static_cast<int>(o.quality.draw_whole(random));
    step.full_chroma = o.full_chroma[o.full_chroma.size() == 1 ? 0 : random.below(o.full_chroma.size())];
    steps.emplace_back(step);
  }

  void operator()(const GroupOperation& group) {
    for (int64_t time = 0; time < group.repeat; ++time) {
      if (group.kind == GroupOperation::Kind::kOne) {
        add(chosen(group.operations));
        continue;
      }
      std::vector<const Operation*> order;
      for (const Operation& operation : group.operations) order.push_back(&operation);
      if (group.kind == GroupOperation::Kind::kShuffle)
        for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
      for (const Operation* operation : order) add(*operation);
    }
  }

  const Operation& chosen(const std::vector<Operation>& operations) {
    double total = 0;
    for (const Operation& operation : operations) total += operation.weight;
    double left = random.uniform() * total;
    for (const Operation& operation : operations)
      if ((left -= operation.weight) < 0) return operation;
    return operations.back();
  }
};

}  // namespace

double RandomNumber::draw(RandomStream& random) const {
  const Interval& interval = drawn_from(intervals, random);
  if (interval.low == interval.high) return interval.low;
  return interval.low + (interval.high - interval.low) * random.uniform();
}

int64_t RandomNumber::draw_whole(RandomStream& random, int64_t step) const {
  const Interval& interval = drawn_from(intervals, random);
  const auto low = static_cast<int64_t>(interval.low), high = static_cast<int64_t>(interval.high);
  if (low == high) return low;
  return low + step * static_cast<int64_t>(random.below(static_cast<uint64_t>((high - low) / step + 1)));
}

bool RandomNumber::is(double value) const {
  return std::all_of(intervals.begin(), intervals.end(),
                     [&](const Interval& interval) { return interval.low == value && interval.high == value; });
}

std::vector<DrawnStep> RandomRecipe::draw(uint64_t seed, uint64_t index) const {
  StepDrawer drawer{RandomStream(seed, index, kRandomRecipe)};
  for (const Operation& operation : operations_) drawer.add(operation);
  return std::move(drawer.steps);
}

}  // namespace sr3
