#include "base/shell.h"

#include <doctest/doctest.h>

using namespace sr3;

TEST_CASE("a word in a command line is quoted if the shell would change it") {
  CHECK(shell_word("a/b-1.json") == "a/b-1.json");
  CHECK(shell_word("my stage.json") == "'my stage.json'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("$HOME") == "'$HOME'");
}
