#include "format/json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace sr3;

namespace {

std::string said(const std::string& text) {
  try {
    parse_json(text, "x.json", 8);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a syntax error has its line and column") {
  CHECK(said("{\"a\": 1,}") == "cannot read 'x.json': not valid JSON at line 1, column 9");
  CHECK(said("{\n  \"a\": 1\n  \"b\": 2\n}\n") == "cannot read 'x.json': not valid JSON at line 3, column 5");
  CHECK(said("{\n\"\xc3\xa9\xc3\xa9\": x}") == "cannot read 'x.json': not valid JSON at line 2, column 7");
  CHECK(said("") == "cannot read 'x.json': not valid JSON at line 1, column 1");
  CHECK(said("{\"a\": 1}\n").empty());
}
