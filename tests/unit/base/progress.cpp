#include "base/progress.h"

#include <doctest/doctest.h>

using namespace sr3;

TEST_CASE("durations have at most two units") {
  CHECK(Meter::duration(0) == "0s");
  CHECK(Meter::duration(12.4) == "12s");
  CHECK(Meter::duration(59.6) == "1m00s");
  CHECK(Meter::duration(200) == "3m20s");
  CHECK(Meter::duration(3720) == "1h02m");
  CHECK(Meter::duration(360000) == "100h00m");
}
