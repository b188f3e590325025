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

// Images matched with models: an image only with one of those that it was shown with least often, a model with as many
// images as it has room for. Kuhn's augmenting paths: an image once matched stays so, with this model or another, so
// images that come first are matched first.
struct Balance::Matching {
  const Balance& so_far;
  std::vector<int64_t> room;                  // of each model
  std::vector<std::vector<int64_t>> matched;  // images of each model
  std::vector<bool> met;                      // models met on the way

  Matching(const Balance& balance, std::vector<int64_t> rooms)
      : so_far(balance), room(std::move(rooms)), matched(room.size()), met(room.size()) {}

  // forced: where there is no room, some is made.
  bool add(int64_t image, const std::vector<int64_t>& models, bool forced) {
    std::fill(met.begin(), met.end(), false);
    if (augment(image, models)) return true;
    if (!forced) return false;
    const auto fits = std::find_if(models.begin(), models.end(), [&](int64_t model) { return may(image, model); });
    matched[static_cast<size_t>(*fits)].push_back(image);
    room[static_cast<size_t>(*fits)] = std::max(room[static_cast<size_t>(*fits)], size_of(*fits));
    return true;
  }

 private:
  int64_t size_of(int64_t model) const { return static_cast<int64_t>(matched[static_cast<size_t>(model)].size()); }

  bool may(int64_t image, int64_t model) const {
    const auto begin = so_far.cells_.begin() + image * so_far.models_;
    return begin[model] == *std::min_element(begin, begin + so_far.models_);
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
      cells_(static_cast<size_t>(images * models)),
      lefts_(cells_) {}

// How many trials of each model a list takes: as equal as can be, one more of those that came least so far.
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
  // The images shown least often, by chance among equals. Those below the last one's number must come; of its equals
  // some do, those that fit the models best.
  std::vector<int64_t> images = shuffled_numbers(static_cast<int64_t>(shown_.size()), random);
  const auto shown = [this](int64_t image) { return shown_[static_cast<size_t>(image)]; };
  std::stable_sort(images.begin(), images.end(), [&](int64_t a, int64_t b) { return shown(a) < shown(b); });
  const int64_t level = shown(images[static_cast<size_t>(trials - 1)]);
  while (shown(images.back()) > level) images.pop_back();

  const std::vector<int64_t> models = shuffled_numbers(models_, random);
  Matching matching(*this, rooms(trials, random));
  int64_t taken = 0;
  for (bool forced = false; taken < trials; forced = true)
    for (auto image = images.begin(); image != images.end() && taken < trials;)
      if (matching.add(*image, models, forced || shown(*image) < level)) {
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
  size_t odd = random.below(2);  // on which side the odd one is, by turns
  for (size_t begin = 0, end = 0; begin < trials.size(); begin = end) {
    while (end < trials.size() && trials[end].model == trials[begin].model) ++end;
    const size_t left = begin + (end - begin + odd) / 2;
    if ((end - begin) % 2 == 1) odd = 1 - odd;
    for (size_t i = begin; i < left; ++i) {
      trials[i].real_left = true;
      ++lefts_[cell(trials[i].image, trials[i].model)];
    }
  }
}

}  // namespace sr3
