// Chooses the images and models that each rater judges, and the sides, so that a study is balanced over raters, images,
// models and sides at the same time.
#pragma once

#include <vector>

#include "base/rng.h"
#include "study/design.h"

namespace sr3 {

// Draws the raters' lists one after the other; each one takes those before it into account.
class Balance {
 public:
  Balance(int64_t images, int64_t models);

  // The main trials of the next rater, in no particular order, each with a different image. The numbers of showings
  //   of any two images, and of the models in the list, differ by at most one,
  //   of an image with each of the models differ by at most one, or by two if the list could not be balanced otherwise.
  // The real image is on the left in half of the list and in half of each model's trials: those whose image and model
  // had it on the left less often so far. If a model has an odd number of trials, the extra one goes to the side that
  // the model had less often. Requires 1 <= trials <= images.
  std::vector<PlannedTrial> draw(int64_t trials, RandomStream& random);

 private:
  struct Matching;
  std::vector<int64_t> rooms(int64_t trials, RandomStream& random) const;
  void choose_sides(std::vector<PlannedTrial>& trials, RandomStream& random);
  size_t cell(int64_t image, int64_t model) const { return static_cast<size_t>(image * models_ + model); }

  int64_t models_;
  std::vector<int64_t> shown_, of_model_;  // showings so far, by image and by model
  std::vector<int64_t> left_lead_;      // by model: showings with the real image on the left minus those on the right
  std::vector<int64_t> cells_, lefts_;  // by image and model: showings, and those with the real image on the left
};

std::vector<int64_t> shuffled_numbers(int64_t n, RandomStream& random);
template <class T>
void shuffle(std::vector<T>& values, RandomStream& random) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

}  // namespace sr3
