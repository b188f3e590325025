#include "cli/verbs.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace sr3;

namespace {

const std::vector<cli::Verb> kDraw = {{"draw", "", "", {groups::kImages}, {"output"}}, {"erase", "", "", {}, {}}};

struct Declared {
  Options options;
  std::string text;
  Declared() {
    const auto add = [this](const OptionGroup& group, const char* name) {
      options.group(group);
      options.add(name, 0, &text, "X", "some option");
    };
    add(groups::kImages, "number");
    add(groups::kOutput, "output");
    add(groups::kOutput, "depth");
    add(groups::kCommon, "quiet");
  }
};

}  // namespace

TEST_CASE("a verb takes its groups, its options and the common ones, and refuses the others") {
  Declared declared;
  CHECK(cli::others(declared.options, kDraw[0]) == std::vector<std::string>{"depth"});
  CHECK(cli::others(declared.options, kDraw[1]) == std::vector<std::string>{"number", "output", "depth"});
  declared.options.mark_given("quiet");
  declared.options.mark_given("number");
  CHECK_NOTHROW(cli::refuse_others(declared.options, kDraw[0], kDraw));
  CHECK_THROWS_WITH_AS(cli::refuse_others(declared.options, kDraw[1], kDraw),
                       "--number: erase does not take this option; it is for draw", UsageError);
}

TEST_CASE("a verb that takes an option which does not exist is a mistake of ours") {
  CHECK_THROWS_AS(cli::others(Declared().options, {"draw", "", "", {}, {"outptu"}}), std::logic_error);
}

TEST_CASE("verbs are found by their whole names, and listed") {
  CHECK(cli::find_verb(kDraw, "erase") == &kDraw[1]);
  CHECK(cli::find_verb(kDraw, "era") == nullptr);
  CHECK(cli::find_verb(kDraw, "") == nullptr);
  CHECK(cli::verb_names(kDraw) == "draw or erase");
}
