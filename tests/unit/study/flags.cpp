#include "study/flags.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/options.h"

using namespace sr3;

namespace {

// What a verb answers to a command line with this option: "", or the refusal.
std::string refusal(const std::string& verb, const char* given) {
  StudyFlags flags;
  Options options;
  flags.declare(options);
  if (given) {
    REQUIRE(options.find(given));
    options.mark_given(given);
  }
  try {
    cli::refuse_others(options, *cli::find_verb(study_verbs(), verb), study_verbs());
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("each verb takes its own options and refuses the others") {
  // Without an option given, a group or an exception that does not exist would be a std::logic_error.
  for (const char* verb : {"plan", "serve", "page", "rate", "score", "power"}) {
    CAPTURE(verb);
    CHECK_NOTHROW(refusal(verb, nullptr));
    CHECK(refusal(verb, "threads").empty());
  }
  for (const auto& [verb, taken, refused] :
       std::vector<std::tuple<const char*, const char*, const char*>>{{"plan", "exposure", "host"},
                                                                      {"plan", "min-response", "csv"},
                                                                      {"serve", "port", "exposure"},
                                                                      {"page", "list", "port"},
                                                                      {"rate", "lapse", "margin"},
                                                                      {"score", "margin", "output"},
                                                                      {"power", "trials", "raters"}}) {
    CAPTURE(verb);
    CHECK(refusal(verb, taken).empty());
    CHECK(refusal(verb, refused).starts_with(cat("--", refused, ": ", verb, " does not take this option; it is for ")));
  }
}

TEST_CASE("what contradicts itself in a plan or a score is a usage error") {
  StudyFlags flags;
  CHECK_THROWS_AS(flags.plan_inputs({"real"}), UsageError);
  CHECK(flags.plan_inputs({"real", "a", "b"}).models == std::vector<std::string>{"a", "b"});
  flags.task = "1";
  CHECK_THROWS_AS(flags.plan_inputs({"real", "a"}), UsageError);
  flags.inputs.low_res = "small";
  CHECK(flags.plan_inputs({"real", "a"}).real == "real");
  CHECK(flags.plan_design().task == 1);
  flags.task = "2";
  CHECK_THROWS_AS(flags.plan_inputs({"real", "a"}), UsageError);
  CHECK(flags.score_options().margin == StudyScoreOptions{}.margin);
  flags.design.margin = 0.1;
  CHECK_THROWS_AS(flags.score_options(), UsageError);
  flags.csv = true;
  CHECK(flags.score_options().margin == 0.1);
  flags.plot = "rates.png";
  CHECK_THROWS_AS(flags.score_options(), UsageError);
}
