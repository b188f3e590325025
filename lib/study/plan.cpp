#include "study/plan.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"
#include "study/balance.h"

namespace sr3 {
namespace {

// Adds trials other than main ones, with images that the rater has not seen; half of them with the real image on the
// left.
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

// Repeats some main trials of the first half in the second half, at least a quarter of the list later.
void add_repeats(int64_t count, size_t begin, RaterPlan& list, RandomStream& random) {
  std::vector<size_t> mains;
  for (size_t i = begin; i < list.size(); ++i)
    if (list[i].kind == TrialKind::kMain) mains.push_back(i);
  mains.resize(std::max<size_t>((mains.size() + 1) / 2, static_cast<size_t>(count)));
  const size_t middle = mains.back() + 1, gap = (list.size() - begin + 3) / 4;
  shuffle(mains, random);
  for (int64_t k = 0; k < count; ++k) {
    const size_t first = mains[static_cast<size_t>(k)];
    PlannedTrial again = list[first];
    again.kind = TrialKind::kRepeat;
    again.real_left = !again.real_left;
    again.repeats = static_cast<int64_t>(first);
    // After all originals, so that their indices stay valid; later insertions in between only add to the distance.
    const size_t least = std::min(std::max(middle, first + gap), list.size());
    list.insert(list.begin() + static_cast<ptrdiff_t>(least + random.below(list.size() - least + 1)), again);
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

std::vector<RaterPlan> plan_trials(const StudyDesign& design, uint64_t seed) {
  const auto images = static_cast<int64_t>(design.images.size()), models = static_cast<int64_t>(design.models.size());
  check_images(design, images);
  Balance balance(images, models);
  std::vector<RaterPlan> plans;
  for (int64_t rater = 0; rater < design.raters; ++rater) {
    RandomStream random(seed, static_cast<uint64_t>(rater), kRandomOrder);
    std::vector<PlannedTrial> mixed = balance.draw(design.trials, random);
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
