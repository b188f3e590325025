// The plan of a study: which rater sees which images of which models, when, and on which side.
#pragma once

#include <vector>

#include "study/design.h"

namespace sr3 {

// UsageError if there are too few images for a rater to see each only once.
void check_images(const StudyDesign& design, int64_t images);

// The lists of all raters. They depend only on the numbers in the design and on `seed`, which make_study derives from the
// images and the design's seed, so that the lists cannot be reproduced from the numbers alone.
//   - A rater sees an image once, except in repeated trials, which are not counted in the rate.
//   - Main trials are balanced over images, models and sides (study/balance.h).
//   - Practice comes first. Catch, control and main trials are mixed. Repeated trials are in the second half, their
//     originals in the first, at least a quarter of the list earlier (unless more than half of the trials are repeated).
// UsageError as above.
std::vector<RaterPlan> plan_trials(const StudyDesign& design, uint64_t seed);

}  // namespace sr3
