#include "base/history.h"

#include <doctest/doctest.h>

using namespace sr3;

TEST_CASE("a run is recorded with its arguments and the time in UTC") {
  remember_run("degrade", {"-s", "4", "a b.png"});
  const HistoryEntry entry = this_run();
  CHECK(entry.program == "degrade");
  CHECK(entry.version == kVersion);
  CHECK(entry.arguments == std::vector<std::string>{"-s", "4", "a b.png"});
  REQUIRE(entry.time.size() == 20);
  CHECK(entry.time[4] == '-');
  CHECK(entry.time[10] == 'T');
  CHECK(entry.time.back() == 'Z');
}
