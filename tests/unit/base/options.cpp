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
  options.add("whole", 0, &whole, "N", any_number(), "");
  options.add("rate", 0, &rate, "R", any_number(), "");
  options.add("half", 0, &half, "R", any_number(), "");
  options.add("word", 0, &word, "W", "");
  options.add("none", 0, &none, "R", any_number(), "");
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
  CHECK_THROWS_WITH_AS(options.find("kernel")->set("Box"), "'Box' is not one of bicubic|box (did you mean 'box'?)",
                       UsageError);
  CHECK_THROWS_WITH_AS(options.find("kernel")->set("lanczos"), "'lanczos' is not one of bicubic|box", UsageError);
  CHECK(kernel == "box");
}

TEST_CASE("a number outside its range is refused, and the range is in the text") {
  Options options;
  int64_t whole = 1;
  std::optional<int64_t> maybe_whole;
  double real = 0.5;
  std::optional<double> maybe_real;
  options.add("whole", 0, &whole, "N", within(1, 9), "a number");
  options.add("maybe-whole", 0, &maybe_whole, "N", at_least(0), "a number; default: the file's");
  options.add("real", 0, &real, "X", from_to_below(0, 1), "a share");
  options.add("maybe-real", 0, &maybe_real, "X", any_number(), "any");
  CHECK(options.find("whole")->text == "a number (1 to 9)");
  CHECK(options.find("maybe-whole")->text == "a number; default: the file's (>= 0)");
  CHECK(options.find("real")->text == "a share (0 to <1)");
  CHECK(options.find("maybe-real")->text == "any");
  CHECK_THROWS_WITH_AS(options.find("whole")->set("10"), "'10' is not in the range 1 to 9", UsageError);
  CHECK_THROWS_WITH_AS(options.find("maybe-whole")->set("-1"), "'-1' is not in the range >= 0", UsageError);
  CHECK_THROWS_WITH_AS(options.find("real")->set("1"), "'1' is not in the range 0 to <1", UsageError);
  CHECK_THROWS_AS(options.find("maybe-real")->set("nan"), UsageError);
  CHECK(whole == 1);
  int64_t unset = 0;
  options.add("unset", 0, &unset, "N", at_least(1), "a number");
  CHECK(options.find("whole")->default_value == "1");
  CHECK(options.find("unset")->default_value.empty());
  CHECK_FALSE(maybe_whole);
  CHECK(real == 0.5);
  options.find("maybe-whole")->set("0");
  CHECK(maybe_whole == 0);
}

TEST_CASE("a list of numbers is checked part by part") {
  CHECK(split_list("a,,b,") == std::vector<std::string>{"a", "", "b", ""});
  CHECK(split_list("") == std::vector<std::string>{""});
  CHECK(parse_list("3,4", parse_int) == std::vector<int64_t>{3, 4});
  for (const char* bad : {"", "3,", ",3", "3;4", "3, 4"}) CHECK_THROWS_AS(parse_list(bad, parse_int), UsageError);
  Options options;
  std::optional<std::vector<double>> levels;
  std::optional<std::vector<int64_t>> sizes;
  options.add("levels", 0, &levels, "LIST", within(0, 1), "levels");
  options.add("sizes", 0, &sizes, "LIST", at_least(1), "sizes");
  CHECK_THROWS_WITH_AS(options.find("levels")->set("0.5,2"), "'2' is not in the range 0 to 1", UsageError);
  CHECK_FALSE(levels);
  options.find("levels")->set("0.5,0.25");
  options.find("sizes")->set("8");
  CHECK(levels == std::vector<double>{0.5, 0.25});
  CHECK(sizes == std::vector<int64_t>{8});
}

TEST_CASE("options of a group that were given are refused, with exceptions") {
  Options options;
  bool flag = false;
  std::string word;
  options.group(groups::kInput);
  options.add("flag", 'f', &flag, "text");
  options.group(groups::kOutput);
  options.add("word", 0, &word, "WORD", "text");
  CHECK_NOTHROW(options.refuse_given(groups::kInput, "why"));
  options.mark_given("flag");
  CHECK_NOTHROW(options.refuse_given(groups::kOutput, "why"));
  CHECK_NOTHROW(options.refuse_given(groups::kInput, "why", {"flag"}));
  CHECK_NOTHROW(options.refuse_all_given("why", {"flag"}));
  CHECK_THROWS_WITH_AS(options.refuse_given(groups::kInput, "why"), "--flag: why", UsageError);
  CHECK_THROWS_WITH_AS(options.refuse_all_given("why", {"word"}), "--flag: why", UsageError);
  // Mistakes of ours: a group without options, and an exception that is not an option.
  CHECK_THROWS_AS(options.refuse_given(groups::kModel, "why"), std::logic_error);
  CHECK_THROWS_AS(options.refuse_given(groups::kInput, "why", {"flagg"}), std::logic_error);
  CHECK_THROWS_WITH_AS(options.refuse_options({"flag"}, "why"), "--flag: why", UsageError);
  CHECK_THROWS_AS(options.refuse_options({"flagg"}, "why"), std::logic_error);
  CHECK_THROWS_AS(options.refuse_all_given("why", {"flagg"}), std::logic_error);
}

TEST_CASE("the text of a number is parsed as the same number") {
  for (const double value : {0.1, 1.0 / 3, 1.0000001, 2.3456789, 1e-300, 12345678.9})
    CHECK(parse_double(number_text(value)) == value);
  CHECK(number_text(0.1) == "0.1");
}
