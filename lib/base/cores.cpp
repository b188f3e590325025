#include "base/cores.h"

#include <algorithm>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

namespace sr3 {

int64_t usable_cores() {
#ifdef __linux__
  // Machines of more than 1,024 cores need a larger set, for which the call fails: they are counted as a whole.
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return std::max(1, CPU_COUNT(&cores));
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace sr3
