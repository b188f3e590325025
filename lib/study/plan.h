// Who sees what, when, and on which side.
#pragma once

#include <vector>

#include "study/design.h"

namespace sr3 {

// Every rater's list, a function of the design's numbers and of `seed`, which make_study draws from the images and the
// design's own: who knows only the numbers cannot make the lists again.
//   - a rater sees an image once (but for the repeated trials, which are not counted in the rate)
//   - main trials are balanced over images, models and sides (study/balance.h)
//   - practice comes first; catch, control and main trials are mixed; the repeated ones come in the second half, their
//     originals in the first, a quarter of the list or more before them (where not more than half are repeated)
// UsageError when there are too few images for a rater to see each only once.
void check_images(const StudyDesign& design, int64_t images);
std::vector<RaterPlan> plan_trials(const StudyDesign& design, uint64_t seed);

}  // namespace sr3
