#include "study/plan.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"

namespace sr3 {
namespace {

template <class T>
void shuffle(std::vector<T>& values, RandomStream& random) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

std::vector<int64_t> shuffled_numbers(int64_t n, RandomStream& random) {
  std::vector<int64_t> numbers(static_cast<size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  shuffle(numbers, random);
  return numbers;
}

// Showings so far, over all raters.
class Balance {
 public:
  Balance(int64_t images, int64_t models)
      : models_(models),
        shown_(static_cast<size_t>(images)),
        cells_(static_cast<size_t>(images * models)),
        lefts_(cells_) {}

  // A rater's main trials, sides open. Greedy: the rater's rarest model goes to one of the rarest images that needs it.
  std::vector<PlannedTrial> draw(int64_t trials, RandomStream& random) {
    std::vector<int64_t> free = shuffled_numbers(static_cast<int64_t>(shown_.size()), random);
    std::vector<int64_t> used(static_cast<size_t>(models_));
    std::vector<PlannedTrial> out;
    for (int64_t t = 0; t < trials; ++t) {
      int64_t least = INT64_MAX;
      for (const int64_t i : free) least = std::min(least, shown_[static_cast<size_t>(i)]);
      std::vector<int64_t> models = shuffled_numbers(models_, random);
      std::stable_sort(models.begin(), models.end(), [&](int64_t a, int64_t b) {
        return used[static_cast<size_t>(a)] < used[static_cast<size_t>(b)];
      });
      const auto [at, model] = best(free, least, models);
      const int64_t image = free[at];
      free.erase(free.begin() + static_cast<ptrdiff_t>(at));
      ++shown_[static_cast<size_t>(image)], ++cell(image, model), ++used[static_cast<size_t>(model)];
      PlannedTrial trial;
      trial.image = image, trial.model = model;
      out.push_back(trial);
    }
    return out;
  }

  // Half of the rater's trials left: those whose image had it most often on the right so far.
  void choose_sides(std::vector<PlannedTrial>& trials, RandomStream& random) {
    shuffle(trials, random);
    const auto surplus = [&](const PlannedTrial& t) { return 2 * left(t) - cell(t.image, t.model); };
    std::stable_sort(trials.begin(), trials.end(),
                     [&](const PlannedTrial& a, const PlannedTrial& b) { return surplus(a) < surplus(b); });
    const size_t half = (trials.size() + (trials.size() % 2 == 1 ? random.below(2) : 0)) / 2;
    for (size_t i = 0; i < trials.size(); ++i) {
      trials[i].real_left = i < half;
      if (trials[i].real_left) ++left(trials[i]);
    }
  }

 private:
  std::pair<size_t, int64_t> best(const std::vector<int64_t>& free, int64_t least, const std::vector<int64_t>& models) {
    for (const int64_t model : models)
      for (size_t at = 0; at < free.size(); ++at) {
        const int64_t image = free[at];
        if (shown_[static_cast<size_t>(image)] != least) continue;
        const auto begin = cells_.begin() + image * models_;
        if (cell(image, model) == *std::min_element(begin, begin + models_)) return {at, model};
      }
    return {0, models[0]};  // never: some image is the least shown, and some model is its least shown
  }
  int64_t& cell(int64_t image, int64_t model) { return cells_[static_cast<size_t>(image * models_ + model)]; }
  int64_t& left(const PlannedTrial& t) { return lefts_[static_cast<size_t>(t.image * models_ + t.model)]; }

  int64_t models_;
  std::vector<int64_t> shown_, cells_, lefts_;
};

// Trials beside the main ones, on images that the rater has not seen; halves left and right.
void add_others(TrialKind kind, int64_t count, int64_t models, std::vector<int64_t>& unseen,
                std::vector<PlannedTrial>& to, RandomStream& random) {
  const uint64_t first = random.below(2);
  for (int64_t k = 0; k < count; ++k) {
    PlannedTrial trial;
    trial.kind = kind;
    trial.image = unseen.back();
    unseen.pop_back();
    trial.model = static_cast<int64_t>(random.below(static_cast<uint64_t>(models)));
    if (kind == TrialKind::kCatch || kind == TrialKind::kControl) trial.model = 0;
    trial.real_left = (static_cast<uint64_t>(k) + first) % 2 == 0;
    to.push_back(trial);
  }
}

// Some main trials of the first half come again in the second.
void add_repeats(int64_t count, size_t begin, RaterPlan& list, RandomStream& random) {
  std::vector<size_t> mains;
  for (size_t i = begin; i < list.size(); ++i)
    if (list[i].kind == TrialKind::kMain) mains.push_back(i);
  mains.resize(std::max<size_t>((mains.size() + 1) / 2, static_cast<size_t>(count)));
  const size_t middle = mains.back() + 1;
  shuffle(mains, random);
  for (int64_t k = 0; k < count; ++k) {
    PlannedTrial again = list[mains[static_cast<size_t>(k)]];
    again.kind = TrialKind::kRepeat;
    again.real_left = !again.real_left;
    again.repeats = static_cast<int64_t>(mains[static_cast<size_t>(k)]);
    // Behind all originals, so that their places stay as noted.
    list.insert(list.begin() + static_cast<ptrdiff_t>(middle + random.below(list.size() - middle + 1)), again);
  }
}

}  // namespace

void check_images(const StudyDesign& design, int64_t images) {
  const int64_t needed = design.practice + design.trials + design.catches + design.controls;
  if (images < needed)
    throw UsageError(cat(images, " images are too few: a rater sees each once, in ", design.trials, " main, ",
                         design.practice, " practice, ", design.catches, " catch and ", design.controls,
                         " control trials, ", needed, " in all; give fewer --trials, or more images"));
}

std::vector<RaterPlan> plan_trials(const StudyDesign& design) {
  const auto images = static_cast<int64_t>(design.images.size()), models = static_cast<int64_t>(design.models.size());
  check_images(design, images);
  Balance balance(images, models);
  std::vector<RaterPlan> plans;
  for (int64_t rater = 0; rater < design.raters; ++rater) {
    RandomStream random(design.seed, static_cast<uint64_t>(rater), kRandomOrder);
    std::vector<PlannedTrial> mixed = balance.draw(design.trials, random);
    balance.choose_sides(mixed, random);
    std::vector<int64_t> unseen;
    for (const int64_t i : shuffled_numbers(images, random))
      if (std::none_of(mixed.begin(), mixed.end(), [i](const PlannedTrial& t) { return t.image == i; }))
        unseen.push_back(i);
    RaterPlan list;
    add_others(TrialKind::kPractice, design.practice, models, unseen, list, random);
    add_others(TrialKind::kCatch, design.catches, models, unseen, mixed, random);
    add_others(TrialKind::kControl, design.controls, models, unseen, mixed, random);
    shuffle(mixed, random);
    const size_t begin = list.size();
    list.insert(list.end(), mixed.begin(), mixed.end());
    add_repeats(design.repeats, begin, list, random);
    plans.push_back(std::move(list));
  }
  return plans;
}

}  // namespace sr3
