// Which images and models a rater judges, and on which sides, so that a study is balanced over raters, images, models
// and sides at once.
#pragma once

#include <vector>

#include "base/rng.h"
#include "study/design.h"

namespace sr3 {

// Lists drawn one after the other, each with regard to those before it.
class Balance {
 public:
  Balance(int64_t images, int64_t models);

  // The main trials of the next rater, in no order; each image once. Numbers of showings
  //   of any two images, and of the list's models, differ by one at most,
  //   of an image's models differ by one, or by two where the list's models would not come out otherwise;
  // the real image is on the left in half of the list and in half of each model's trials, in those whose image and
  // model had it there less often so far; odd ones go where the model had it less often. Precondition: 1 <= trials <=
  // images.
  std::vector<PlannedTrial> draw(int64_t trials, RandomStream& random);

 private:
  struct Matching;
  std::vector<int64_t> rooms(int64_t trials, RandomStream& random) const;
  void choose_sides(std::vector<PlannedTrial>& trials, RandomStream& random);
  size_t cell(int64_t image, int64_t model) const { return static_cast<size_t>(image * models_ + model); }

  int64_t models_;
  std::vector<int64_t> shown_, of_model_;  // showings so far, by image and by model
  std::vector<int64_t> left_lead_;      // by model: showings with the real image on the left, less those on the right
  std::vector<int64_t> cells_, lefts_;  // by image and model: showings, and those with the real image on the left
};

std::vector<int64_t> shuffled_numbers(int64_t n, RandomStream& random);
template <class T>
void shuffle(std::vector<T>& values, RandomStream& random) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

}  // namespace sr3
