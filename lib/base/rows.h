// A band of an image: `count` rows from row `first` on, counted from the top.
#pragma once

#include <cstdint>

namespace sr3 {

struct Rows {
  int64_t first = 0, count = 0;
};

}  // namespace sr3
