#include "nn/memory.h"

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace sr3 {

void keep_freed_memory() {
#if defined(__GLIBC__)
  [[maybe_unused]] static const bool once = [] {
    // The largest values that mallopt accepts: blocks below 1 GiB come from the heap, whose top 2 GiB are kept.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 0x7FFFFFFF);
    return true;
  }();
#endif
}

}  // namespace sr3
