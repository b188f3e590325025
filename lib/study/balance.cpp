#include "study/balance.h"

#include <algorithm>
#include <numeric>

namespace sr3 {

std::vector<int64_t> shuffled_numbers(int64_t n, RandomStream& random) {
  std::vector<int64_t> numbers(static_cast<size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  shuffle(numbers, random);
  return numbers;
}

// A matching of images with models: each image with one of the models that it was shown with least often, each model
// with at most as many images as it has room for. It is built with augmenting paths (Kuhn's algorithm): an image that is
// matched once stays matched, with the same or another model, so images that are added first have priority.
struct Balance::Matching {
  const Balance& so_far;
  std::vector<int64_t> room;                  // of each model
  std::vector<std::vector<int64_t>> matched;  // images of each model
  std::vector<bool> met;                      // models visited by the current path
  int64_t slack = 0;  // an image may have been shown with its model this many times more than with its rarest model

  Matching(const Balance& balance, std::vector<int64_t> rooms)
      : so_far(balance), room(std::move(rooms)), matched(room.size()), met(room.size()) {}

  // Adds the image with the smallest slack that makes room for it, up to `at_most`. Returns whether it was added.
  bool add(int64_t image, const std::vector<int64_t>& models, int64_t at_most) {
    for (slack = 0; slack <= at_most; ++slack) {
      std::fill(met.begin(), met.end(), false);
      if (augment(image, models)) return true;
    }
    return false;
  }

 private:
  int64_t size_of(int64_t model) const { return static_cast<int64_t>(matched[static_cast<size_t>(model)].size()); }

  bool may(int64_t image, int64_t model) const {
    const auto begin = so_far.cells_.begin() + image * so_far.models_;
    return begin[model] <= *std::min_element(begin, begin + so_far.models_) + slack;
  }

  bool augment(int64_t image, const std::vector<int64_t>& models) {
    for (const int64_t model : models) {
      if (!may(image, model) || size_of(model) >= room[static_cast<size_t>(model)]) continue;
      matched[static_cast<size_t>(model)].push_back(image);
      return true;
    }
    for (const int64_t model : models) {
      if (!may(image, model) || met[static_cast<size_t>(model)]) continue;
      met[static_cast<size_t>(model)] = true;
      auto& images = matched[static_cast<size_t>(model)];
      for (size_t i = 0; i < images.size(); ++i)
        if (augment(images[i], models)) {
          matched[static_cast<size_t>(model)][i] = image;
          return true;
        }
    }
    return false;
  }
};

Balance::Balance(int64_t images, int64_t models)
    : models_(models),
      shown_(static_cast<size_t>(images)),
      of_model_(static_cast<size_t>(models)),
      left_lead_(of_model_),
      cells_(static_cast<size_t>(images * models)),
      lefts_(cells_) {}

// The number of trials with each model in a list: as equal as possible, with one more for the models with the fewest
// trials so far.
std::vector<int64_t> Balance::rooms(int64_t trials, RandomStream& random) const {
  std::vector<int64_t> room(static_cast<size_t>(models_), trials / models_);
  std::vector<int64_t> order = shuffled_numbers(models_, random);
  std::stable_sort(order.begin(), order.end(), [this](int64_t a, int64_t b) {
    return of_model_[static_cast<size_t>(a)] < of_model_[static_cast<size_t>(b)];
  });
  for (int64_t k = 0; k < trials % models_; ++k) ++room[static_cast<size_t>(order[static_cast<size_t>(k)])];
  return room;
}

std::vector<PlannedTrial> Balance::draw(int64_t trials, RandomStream& random) {
  // The images shown least often, in random order among equals. Images shown less often than the last one that is needed
  // must be in the list; of those shown as often as that one, some are: those that fit the models best.
  std::vector<int64_t> images = shuffled_numbers(static_cast<int64_t>(shown_.size()), random);
  const auto shown = [this](int64_t image) { return shown_[static_cast<size_t>(image)]; };
  std::stable_sort(images.begin(), images.end(), [&](int64_t a, int64_t b) { return shown(a) < shown(b); });
  const int64_t level = shown(images[static_cast<size_t>(trials - 1)]);
  while (shown(images.back()) > level) images.pop_back();

  const std::vector<int64_t> models = shuffled_numbers(models_, random);
  Matching matching(*this, rooms(trials, random));
  int64_t taken = 0;
  // With enough slack any image fits any model, so this loop ends.
  for (int64_t slack = 0; taken < trials; ++slack)
    for (auto image = images.begin(); image != images.end() && taken < trials;)
      if (matching.add(*image, models, shown(*image) < level ? INT64_MAX - 1 : slack)) {
        ++taken;
        image = images.erase(image);
      } else {
        ++image;
      }

  std::vector<PlannedTrial> list;
  for (int64_t model = 0; model < models_; ++model)
    for (const int64_t image : matching.matched[static_cast<size_t>(model)]) {
      PlannedTrial trial;
      trial.image = image, trial.model = model;
      list.push_back(trial);
      ++shown_[static_cast<size_t>(image)], ++of_model_[static_cast<size_t>(model)], ++cells_[cell(image, model)];
    }
  choose_sides(list, random);
  return list;
}

void Balance::choose_sides(std::vector<PlannedTrial>& trials, RandomStream& random) {
  shuffle(trials, random);
  const auto surplus = [this](const PlannedTrial& t) {
    const size_t at = cell(t.image, t.model);
    return 2 * lefts_[at] - cells_[at];
  };
  std::stable_sort(trials.begin(), trials.end(), [&](const PlannedTrial& a, const PlannedTrial& b) {
    return std::pair(a.model, surplus(a)) < std::pair(b.model, surplus(b));
  });
  // The range of each model's trials in this list.
  std::vector<std::pair<size_t, size_t>> runs;
  for (size_t begin = 0, end = 0; begin < trials.size(); begin = end) {
    while (end < trials.size() && trials[end].model == trials[begin].model) ++end;
    runs.emplace_back(begin, end);
  }
  // Half of the models with an odd number of trials have the real image on the left once more: those that had it there
  // least often so far.
  const auto lead = [&](const auto& run) { return left_lead_[static_cast<size_t>(trials[run.first].model)]; };
  std::vector<std::pair<size_t, size_t>> odd;
  for (const auto& run : runs)
    if ((run.second - run.first) % 2 == 1) odd.push_back(run);
  shuffle(odd, random);
  std::stable_sort(odd.begin(), odd.end(), [&](const auto& a, const auto& b) { return lead(a) < lead(b); });
  int64_t leads = 0;
  for (const auto& run : odd) leads += lead(run);
  const size_t more = (odd.size() + (leads < 0 || (leads == 0 && random.below(2) == 1) ? 1 : 0)) / 2;
  const std::vector<std::pair<size_t, size_t>> lefter(odd.begin(), odd.begin() + static_cast<ptrdiff_t>(more));
  for (const auto& run : runs) {
    const size_t n = run.second - run.first;
    const size_t left = n / 2 + (std::find(lefter.begin(), lefter.end(), run) != lefter.end() ? 1 : 0);
    left_lead_[static_cast<size_t>(trials[run.first].model)] +=
        2 * static_cast<int64_t>(left) - static_cast<int64_t>(n);
    for (size_t i = run.first; i < run.first + left; ++i) {
      trials[i].real_left = true;
      ++lefts_[cell(trials[i].image, trials[i].model)];
    }
  }
}

}  // namespace sr3
