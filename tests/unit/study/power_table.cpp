#include "study/power_table.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace sr3;

TEST_CASE("without correlations the half-width is that of the binomial interval") {
  PowerOptions options;
  options.icc = {0, 0};
  // 1.96 sqrt(0.25 / (5 * 50)) = 0.0620; of 10 images each rater judges 10, so that 100 raters give 0.03099.
  CHECK(affordable_table(options, 100, 50, true)
            .starts_with("{\"record\":\"power\",\"images\":100,\"trials\":50,\"raters\":5,\"judgements\":250,"
                         "\"half_width\":0.06197"));
  CHECK(affordable_table(options, 10, 50, true)
            .find("\"images\":10,\"trials\":10,\"raters\":100,\"judgements\":1000,"
                  "\"half_width\":0.03098") != std::string::npos);
}

TEST_CASE("more raters do not make up for few images") {
  PowerOptions options;
  options.icc = {0, 0.2};
  // The images' variance alone: 1.96 sqrt(0.25 * 0.2 / 10) = 0.1386.
  const std::string table = affordable_table(options, 10, 50, true);
  CHECK(table.substr(table.rfind("\"half_width\":")).starts_with("\"half_width\":0.13"));
}

TEST_CASE("correlations of 1 or more together are refused") {
  PowerOptions options;
  options.icc = {0.5, 0.5};
  CHECK_THROWS_AS(affordable_table(options, 10, 50, false), UsageError);
}
