#include "base/cores.h"

#include <doctest/doctest.h>
#include <sched.h>

#include <thread>

using namespace sr3;

TEST_CASE("only the cores that the process is bound to are counted") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(usable_cores() == CPU_COUNT(&before));
  std::thread bound([&] {
    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);  // of this thread alone
    CHECK(usable_cores() == 1);
  });
  bound.join();
}
