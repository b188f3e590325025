// Damage to bytes, as a function of a random stream: what a bad disk, a cut download or a hostile sender would make.
#pragma once

#include <vector>

#include "base/file.h"
#include "base/rng.h"

namespace sr3 {

// A damaged copy of corpus[i], for a random i; sometimes joined with a piece of another. At most 1 MB.
Bytes mutate(const std::vector<Bytes>& corpus, RandomStream& random);

}  // namespace sr3
