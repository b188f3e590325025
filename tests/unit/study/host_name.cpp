#include "study/host_name.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>
#include <vector>

using namespace sr3;

TEST_CASE("own host names are addresses, localhost, this machine's and the given sites, with any port, and no others") {
  char machine[256] = {};
  REQUIRE(gethostname(machine, sizeof machine - 1) == 0);
  const std::string named = machine;
  const std::vector<std::string> own = {
      "",          "localhost",  "LocalHost:8080", "localhost.", "a.localhost",   "127.0.0.1:9",
      "192.0.2.7", "[::1]:8080", "[2001:db8::1]",  named,        named + ":8080", named + ".local"};
  for (const std::string& host : own) {
    CAPTURE(host);
    CHECK(is_own_name(host, {}));
  }
  for (const char* host :
       {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "notlocalhost", ".",
        ":8080", "[", "[]", "[evil.example]", "1.2.3", "study.example.evil.example"}) {
    CAPTURE(host);
    CHECK_FALSE(is_own_name(host, {"study.example"}));
  }
  CHECK(is_own_name("Study.Example:443", {"other.example", "study.example"}));
  CHECK(is_own_name("study.example", {"Study.example:8080"}));
}
