#include "base/signals.h"

#include <doctest/doctest.h>

#include <csignal>

using namespace sr3;

namespace {

volatile std::sig_atomic_t delivered = 0;

}  // namespace

TEST_CASE("signals: one that nobody asked about is delivered when the handlers are gone; one that was seen is not") {
  struct sigaction own {
  }, former{};
  own.sa_handler = [](int number) { delivered = number; };
  sigaction(SIGTERM, &own, &former);
  delivered = 0;
  {
    const StopSignals signals;
    std::raise(SIGTERM);
    CHECK(delivered == 0);
  }
  CHECK(delivered == SIGTERM);
  delivered = 0;
  {
    const StopSignals signals;
    CHECK(StopSignals::received() == 0);
    std::raise(SIGTERM);
    CHECK(StopSignals::received() == SIGTERM);
  }
  CHECK(delivered == 0);
  {
    const StopSignals signals;
    CHECK(StopSignals::received() == 0);
  }
  CHECK(delivered == 0);
  sigaction(SIGTERM, &former, nullptr);
}
