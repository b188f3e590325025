#include "base/options.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace sr3;

TEST_CASE("parsers accept only complete strings") {
  CHECK(parse_int("-12") == -12);
  CHECK(parse_int("9223372036854775807") == INT64_MAX);
  for (const char* bad : {"", " 1", "1 ", "+1", "1.0", "1e3", "0x10", "9223372036854775808"})
    CHECK_THROWS_AS(parse_int(bad), UsageError);
  CHECK(parse_double("1e-4") == 1e-4);
  CHECK(parse_double("-.5") == -0.5);
  for (const char* bad : {"", "1.0.0", "1,5", "inf", "nan", "1e999", "0x1p3 "})
    CHECK_THROWS_AS(parse_double(bad), UsageError);
  CHECK(parse_duration("90") == 90);
  CHECK(parse_duration("90s") == 90);
  CHECK(parse_duration("1.5m") == 90);
  CHECK(parse_duration("2h") == 7200);
  CHECK(parse_duration("1d") == 86400);
  for (const char* bad : {"", "s", "-1s", "1w", "1h30m"}) CHECK_THROWS_AS(parse_duration(bad), UsageError);
  CHECK(parse_size("64x48") == std::pair<int64_t, int64_t>{64, 48});
  for (const char* bad : {"", "64", "64x", "x48", "0x48", "64x-1", "64x48x3", "64X48"})
    CHECK_THROWS_AS(parse_size(bad), UsageError);
}

TEST_CASE("defaults are shown as a user would type them") {
  Options options;
  int64_t whole = -3;
  double rate = 1e-4, half = 0.5;
  std::string word = "auto";
  std::optional<double> none;
  bool flag = false;
  options.add("whole", 0, &whole, "N", "");
  options.add("rate", 0, &rate, "R", "");
  options.add("half", 0, &half, "R", "");
  options.add("word", 0, &word, "W", "");
  options.add("none", 0, &none, "R", "");
  options.add("flag", 'f', &flag, "");
  CHECK(options.find("whole")->default_value == "-3");
  CHECK(parse_double(options.find("rate")->default_value) == 1e-4);
  CHECK(options.find("half")->default_value == "0.5");
  CHECK(options.find("word")->default_value == "auto");
  CHECK(options.find("none")->default_value == "");
  CHECK(options.find("flag")->default_value == "");
  CHECK(options.find("flag")->argument == "");
  CHECK(options.find("absent") == nullptr);
  options.find("none")->set("0.25");
  options.find("flag")->set("");
  CHECK(none == 0.25);
  CHECK(flag);
}

TEST_CASE("a choice accepts only its words") {
  Options options;
  std::string kernel = "bicubic";
  options.choice("kernel", 0, &kernel, {"bicubic", "box"}, "the kernel");
  CHECK(options.find("kernel")->argument == "bicubic|box");
  options.find("kernel")->set("box");
  CHECK(kernel == "box");
  CHECK_THROWS_WITH_AS(options.find("kernel")->set("Box"), "'Box' is none of bicubic|box", UsageError);
  CHECK(kernel == "box");
}

TEST_CASE("given options of a group are refused, with exceptions") {
  Options options;
  bool flag = false;
  std::string word;
  options.group("A");
  options.add("flag", 'f', &flag, "text");
  options.group("B");
  options.add("word", 0, &word, "WORD", "text");
  CHECK_NOTHROW(options.refuse_given("A", "why"));
  options.mark_given("flag");
  CHECK_NOTHROW(options.refuse_given("B", "why"));
  CHECK_NOTHROW(options.refuse_given("A", "why", {"flag"}));
  CHECK_THROWS_AS(options.refuse_given("a", "why"), std::logic_error);  // no such group
  CHECK_THROWS_WITH_AS(options.refuse_given("A", "why"), "--flag: why", UsageError);
}

TEST_CASE("the text of a number is parsed as the same number") {
  for (const double value : {0.1, 1.0 / 3, 1.0000001, 2.3456789, 1e-300, 12345678.9})
    CHECK(parse_double(number_text(value)) == value);
  CHECK(number_text(0.1) == "0.1");
}
