// Python's pickle format (protocols 0 to 5) as data: numbers, texts, lists, tuples, dicts, and names with arguments.
// Nothing is called and nothing is imported: a global is a name, a call a name with its arguments, and a name that is
// not on the caller's list ends the reading. Bounded: every value takes a byte of the input at least, and their number
// is limited.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"

namespace sr3 {

// Values refer to each other by number, so that an input of lists in lists in lists, or of a list within itself, costs
// no stack and frees in one go. Whoever walks them guards against cycles.
struct Pickle {
  enum Kind : uint8_t {
    kNone,
    kBool,
    kInt,
    kFloat,
    kText,   // str
    kBytes,  // bytes; an int beyond 64 bits, little-endian
    kList,
    kTuple,
    kDict,        // items: key, value, key, value, ...; collections.OrderedDict too
    kGlobal,      // text: "module.name"
    kCall,        // items: the global, its tuple of arguments
    kPersistent,  // items: the id (a reference to something outside)
    kMark         // inside the reader only
  };
  using Id = uint32_t;
  struct Value {
    Kind kind = kNone;
    int64_t integer = 0;  // kBool, kInt
    double number = 0;    // kFloat
    std::string text;
    std::vector<Id> items;
  };

  std::vector<Value> values;
  Id root = 0;

  const Value& operator[](Id id) const { return values[id]; }
};

struct PickleLimits {
  size_t values = 2'000'000;
  size_t bytes = size_t{1} << 26;
};

// Reads one pickle and leaves the source just behind it. `allowed`: the globals ("torch._utils._rebuild_tensor_v2")
// that may be met; collections.OrderedDict always may. DataError: truncated, not a pickle, an operation that data do
// not need, another global (named).
Pickle read_pickle(Source& source, const std::vector<std::string>& allowed, const PickleLimits& limits = {});

}  // namespace sr3
