// Damages bytes as determined by a random stream, like a bad disk, a truncated download or a malicious sender.
#pragma once

#include <vector>

#include "base/file.h"
#include "base/rng.h"

namespace sr3 {

// A damaged copy of a random element of the corpus, sometimes with a piece of another one. At most 1 MB.
Bytes mutate(const std::vector<Bytes>& corpus, RandomStream& random);

}  // namespace sr3
