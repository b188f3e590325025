#include "base/table.h"

#include <doctest/doctest.h>

using namespace sr3;

TEST_CASE("the cells of a table become columns, two spaces apart") {
  CHECK(aligned("name\tpsnr\na\t20.5\nlonger\t1\n") ==
        "name    psnr\n"
        "a       20.5\n"
        "longer  1\n");
  CHECK(aligned("\xc3\xa9t\xc3\xa9\tb\nab\tc\n") == "\xc3\xa9t\xc3\xa9  b\nab   c\n");  // three characters, five bytes
  CHECK(aligned("a\t\tc\nlong\tb\tc\n") == "a        c\nlong  b  c\n");
}

TEST_CASE("each table has its own columns, and other lines stay") {
  CHECK(aligned("long name\tx\n\na\tb\n") == "long name  x\n\na  b\n");
  CHECK(aligned("{\"a\":1}\n{\"long\":2}\n") == "{\"a\":1}\n{\"long\":2}\n");
  CHECK(aligned("no end") == "no end");
  CHECK(aligned("a\tb") == "a  b");
  CHECK(aligned("").empty());
}

TEST_CASE("a name cannot end its cell or its row") { CHECK(plain_cell("a\tb\nc\x1b[2J") == "a?b?c?[2J"); }
