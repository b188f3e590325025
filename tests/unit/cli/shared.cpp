#include "cli/shared.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace sr3;

TEST_CASE("--device, --precision and --threads accept only their documented values") {
  cli::ComputeOptions compute;
  Options options;
  compute.declare(options);
  for (const char* good : {"auto", "cpu", "cuda", "cuda:0", "cuda:15"}) {
    options.find("device")->set(good);
    CHECK(compute.device == good);
  }
  for (const char* bad : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "CPU", "cuda:99999"})
    CHECK_THROWS_AS(options.find("device")->set(bad), UsageError);
  CHECK_THROWS_AS(options.find("precision")->set("fp8"), UsageError);
  for (const char* bad : {"-1", "two", "5000"}) CHECK_THROWS_AS(options.find("threads")->set(bad), UsageError);
  options.find("threads")->set("2");
  CHECK(compute.threads == 2);
  CHECK(options.find("threads")->text == "threads; 0: one on each core (0 to 4096)");
}

TEST_CASE("--seed accepts all 64 bits") {
  uint64_t seed = 0;
  Options options;
  cli::declare_seed(options, &seed);
  options.find("seed")->set("18446744073709551615");
  CHECK(seed == ~uint64_t{0});
  for (const char* bad : {"-1", "", "0x1", "18446744073709551616"})
    CHECK_THROWS_AS(options.find("seed")->set(bad), UsageError);
}
