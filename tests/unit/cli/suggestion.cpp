#include "cli/suggestion.h"

#include <doctest/doctest.h>

using namespace sr3;

namespace {

std::string suggested(const std::vector<std::string>& declared, const std::string& given) {
  Options options;
  static bool unused;
  for (const std::string& name : declared) options.add(name, 0, &unused, "a flag");
  return cli::suggestion(options, given);
}

}  // namespace

TEST_CASE("a misspelt option suggests the closest one") {
  const std::vector<std::string> names = {"steps", "sampler", "samples", "skip-existing", "keep-going", "list-options"};
  CHECK(suggested(names, "stesp") == " (did you mean '--steps'?)");
  CHECK(suggested(names, "step") == " (did you mean '--steps'?)");
  CHECK(suggested(names, "smpler") == " (did you mean '--sampler'?)");
  CHECK(suggested(names, "Skip_Existing") == " (did you mean '--skip-existing'?)");
  CHECK(suggested(names, "keepgoing") == " (did you mean '--keep-going'?)");
  CHECK(suggested(names, "skip-e") == " (did you mean '--skip-existing'?)");
  CHECK(suggested(names, "list-option").empty());  // hidden
}

TEST_CASE("what is like no option suggests none, however long it is") {
  const std::vector<std::string> names = {"steps", "gap"};
  CHECK(suggested(names, "wrong").empty());
  CHECK(suggested(names, "x").empty());
  CHECK(suggested(names, "").empty());
  CHECK(suggested(names, std::string(100000, 's')).empty());
  CHECK(suggested({}, "steps").empty());
}

TEST_CASE("names of other programs suggest ours, of those that the program has") {
  CHECK(suggested({"learning-rate"}, "lr") == " (did you mean '--learning-rate'?)");
  CHECK(suggested({"learning-rate", "low-res"}, "lr") == " (did you mean '--learning-rate'?)");
  CHECK(suggested({"low-res"}, "lr") == " (did you mean '--low-res'?)");
  CHECK(suggested({"steps"}, "lr").empty());
  CHECK(suggested({"steps"}, "num_inference_steps") == " (did you mean '--steps'?)");
  CHECK(suggested({"batch"}, "batch-size") == " (did you mean '--batch'?)");
  CHECK(suggested({"steps"}, "epochs") == " (did you mean '--steps'?)");
  CHECK(suggested({"scale"}, "outscale") == " (did you mean '--scale'?)");
  CHECK(suggested({"number", "class"}, "num") == " (did you mean '--number'?)");
  CHECK(suggested({"number", "class"}, "label") == " (did you mean '--class'?)");
  CHECK(suggested({"labels"}, "label") == " (did you mean '--labels'?)");
  CHECK(suggested({"threads"}, "j") == " (did you mean '--threads'?)");
}

TEST_CASE("what needs no option is said where the program does it") {
  CHECK(suggested({"keep-going"}, "input") == " (inputs are named without an option)");
  CHECK(suggested({"steps"}, "input").empty());
  CHECK(suggested({"restart"}, "resume") == " (the same command resumes where it stopped)");
  CHECK(suggested({"skip-existing"}, "resume") == " (did you mean '--skip-existing'?)");
}
