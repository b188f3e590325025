// The CPU cores that this process may use.
#pragma once

#include <cstdint>

namespace sr3 {

// At least 1. Where taskset, a batch system or a container has bound the process to some of the machine's cores, those alone:
// with more threads than cores each waits for the others.
int64_t usable_cores();

}  // namespace sr3
