#include "degrade/located_json.h"

#include <doctest/doctest.h>

using namespace sr3;

TEST_CASE("values have the line of their key, or where they begin") {
  const LocatedJson root = parse_located_json("[\n {\"a\":\n  1,\n\n  \"b\": [2,\n   [3]]},\n {}]", "x", 4);
  REQUIRE(root.type == LocatedJson::Type::kList);
  REQUIRE(root.items.size() == 2);
  CHECK(root.line == 1);
  CHECK(root.items[0].line == 2);
  CHECK(root.items[1].line == 7);
  const LocatedJson* a = root.items[0].find("a");
  REQUIRE(a != nullptr);
  CHECK(a->line == 2);
  CHECK(a->number == 1);
  const LocatedJson* b = root.items[0].find("b");
  REQUIRE(b != nullptr);
  CHECK(b->line == 5);
  CHECK(b->items[1].line == 6);
  CHECK(root.items[0].find("c") == nullptr);
}

TEST_CASE("a document is printed on one line, with what it means") {
  const std::string text =
      R"({"do": "jpeg", "quality": [30, 0.25, -1e+20], "x": null, "y": [true, {}, []], "é\"": "\n"})";
  CHECK(json_line(parse_located_json(text, "x", 4)) == text);
  CHECK(json_line(parse_located_json(" 7 ", "x", 4)) == "7");
}

TEST_CASE("damage is an error with its line") {
  const auto wrong = [](const std::string& text, const char* message) {
    CHECK_THROWS_WITH_AS(parse_located_json(text, "cannot use 'x': ", 3), message, DataError);
  };
  wrong("[1,\n2", "cannot use 'x': line 2: it is not valid JSON");
  wrong("", "cannot use 'x': line 1: it is not valid JSON");
  wrong("[1]\n]", "cannot use 'x': line 2: it is not valid JSON");
  wrong("{\"a\": 1,\n\"a\": 2}", "cannot use 'x': line 2: the key 'a' appears twice");
  wrong("[\n[[[]]]]", "cannot use 'x': line 2: nested deeper than 3 levels");
  wrong("[1e999]", "cannot use 'x': line 1: a number is out of range");
  wrong("[\"\xff\"]", "cannot use 'x': line 1: it is not valid JSON");
}
