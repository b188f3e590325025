// "--shard I/N" selects, of a job's items 0, 1, 2, ..., the I-th and every N-th after it. Together the N shards cover the
// whole job.
#pragma once

#include <cstdint>
#include <string>

namespace sr3 {

struct Shard {
  int64_t first = 0, step = 1;

  // "2/4" selects every fourth item from item 1 on, "" all items. UsageError "--shard: '5/4' is not I/N with I from 1 to N".
  explicit Shard(const std::string& text = "");
  bool has(int64_t item) const { return item % step == first; }
  // How many of n items are in the shard.
  int64_t of(int64_t n) const { return n > first ? (n - first + step - 1) / step : 0; }
};

}  // namespace sr3
