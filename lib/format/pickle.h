// Python's pickle format (protocols 0 to 5) as data: numbers, strings, lists, tuples, dicts, and names with arguments.
// Nothing is called or imported: a global is kept as its name, a call as a name with arguments, and a name that the
// caller does not allow is an error. Memory is bounded: every value takes at least one byte of the input, and the number
// of values is limited.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"

namespace sr3 {

// Values refer to each other by number, so that deeply nested lists, or a list that contains itself, need no recursion
// and are freed in one go. Code that walks them must guard against cycles.
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
    kPersistent,  // items: the id of an object outside of the pickle
    kMark         // within the reader only
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

// Reads one pickle and leaves the source just behind it. `allowed` lists the globals that the pickle may name, such as
// "torch._utils._rebuild_tensor_v2"; collections.OrderedDict is always allowed. DataError if the pickle is truncated or
// damaged, exceeds the limits, has an opcode that data do not need, or names another global.
Pickle read_pickle(Source& source, const std::vector<std::string>& allowed, const PickleLimits& limits = {});

}  // namespace sr3
