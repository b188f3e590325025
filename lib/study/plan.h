// Who sees what, when, and on which side.
#pragma once

#include <vector>

#include "study/design.h"

namespace sr3 {

// Every rater's list, a function of the design and its seed:
//   - a rater sees an image once (but for the repeated trials, which are not counted in the rate)
//   - main trials: numbers of showings of any two images differ by one at most, and so do those of an image's models;
//     a rater's models come about equally often (of 50 trials and three models up to 7 apart)
//   - the real image is on the left in half of a rater's main trials (an odd one falls to either side), and in about
//     half of an image's; within one model the sides of a rater are by chance
//   - practice comes first; catch, control and main trials are mixed; the repeated ones come in the second half, their
//     originals in the first
// UsageError when there are too few images for a rater to see each only once.
void check_images(const StudyDesign& design, int64_t images);
std::vector<RaterPlan> plan_trials(const StudyDesign& design);

}  // namespace sr3
