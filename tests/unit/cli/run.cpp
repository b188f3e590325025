#include "cli/run.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/parser.h"

using namespace sr3;
using namespace sr3::cli;

namespace {

struct Values {
  int64_t scale = 4;
  double eta = 0;
  bool json = false;
  std::string kernel = "bicubic";
  std::vector<std::string> models;
  std::optional<int64_t> label;

  void declare(Options& options) {
    options.group(groups::kDegradation);
    options.add("scale", 's', &scale, "N", at_least(1), "shrink N times");
    options.add("eta", 0, &eta, "E", any_number(),
                "noise of ddim, from 0 for none to 1 for as much as the ancestral process has");
    options.add("json", 0, &json, "JSON lines");
    options.choice("kernel", 0, &kernel, {"bicubic", "box"}, "the kernel");
    options.add("model", 'm', &models, "STAGE", "a stage; may be repeated");
    options.add("class", 0, &label, "C", any_number(), "the class");
  }
};

struct Parsed {
  Values values;
  std::vector<std::string> operands;
};

Parsed parsed(std::vector<std::string> arguments) {
  Parsed out;
  App app("tool", "Do a thing.", "[-s N] [file]", std::move(arguments));
  out.values.declare(app.options);
  app.parse();
  out.operands = app.operands();
  log_state().verbosity = 1;
  return out;
}

std::string refusal(std::vector<std::string> arguments) {
  try {
    parsed(std::move(arguments));
  } catch (const UsageError& e) {
    return e.what();
  }
  return "accepted";
}

std::string printed(const std::string& argument) {
  try {
    parsed({argument});
  } catch (const Exit& exit) {
    return exit.text;
  }
  return "";
}

}  // namespace

TEST_CASE("every usual way of writing an option is read") {
  CHECK(parsed({"-s", "8"}).values.scale == 8);
  CHECK(parsed({"-s8"}).values.scale == 8);
  CHECK(parsed({"--scale", "8"}).values.scale == 8);
  CHECK(parsed({"--scale=8"}).values.scale == 8);
  CHECK(parsed({"--scale=8", "-s2"}).values.scale == 2);
  CHECK(parsed({"--eta", "-0.5"}).values.eta == -0.5);
  CHECK(parsed({"--json"}).values.json);
  CHECK(parsed({}).values.scale == 4);
  CHECK_FALSE(parsed({}).values.json);
  CHECK_FALSE(parsed({}).values.label.has_value());
  CHECK(parsed({"--class", "0"}).values.label == 0);
  CHECK(parsed({"-qv", "-s3"}).values.scale == 3);
}

TEST_CASE("repeated options are collected in order, and may contain commas") {
  CHECK(parsed({"-m", "b.json", "--model=a,c.json", "-mx"}).values.models ==
        std::vector<std::string>{"b.json", "a,c.json", "x"});
}

TEST_CASE("operands may be anywhere; '-' is one, and so is everything after '--'") {
  CHECK(parsed({"a,b.png", "-s", "2", "-", "--", "-s", "--json"}).operands ==
        std::vector<std::string>{"a,b.png", "-", "-s", "--json"});
}

TEST_CASE("a usage error names its option") {
  CHECK(refusal({"--scael", "4"}) == "unknown option '--scael' (did you mean '--scale'?)");
  CHECK(refusal({"-z"}) == "unknown option '-z'");
  CHECK(refusal({"--scale"}) == "option '--scale' needs an argument");
  CHECK(refusal({"-s"}).find("needs an argument") != std::string::npos);
  CHECK(refusal({"-s", "four"}) == "option '--scale': 'four' is not a whole number");
  CHECK(refusal({"-s", "4x"}) == "option '--scale': '4x' is not a whole number");
  CHECK(refusal({"-s", "0"}) == "option '--scale': '0' is not in the range >= 1");
  CHECK(refusal({"--eta", "nan"}) == "option '--eta': 'nan' is not a number");
  CHECK(refusal({"--kernel", "sinc"}) == "option '--kernel': 'sinc' is not one of bicubic|box");
  CHECK(refusal({"--json=false"}) == "option '--json' takes no argument");
  CHECK(refusal({"--json=true"}) == "option '--json' takes no argument");
  CHECK(refusal({"-=x"}) != "accepted");
}

TEST_CASE("--help shows each group with its defaults, and takes precedence over invalid values") {
  const std::string help = printed("--help");
  CHECK(help.starts_with("usage: tool [-s N] [file]\n\nDo a thing.\n\nDegradation:\n  -s, --scale N"));
  CHECK(help.find("Degradation") < help.find("Common"));
  for (const char* text : {"-s, --scale N", "shrink N times (>= 1) (default: 4)", "(default: bicubic)", "-h, --help",
                           "--version", "--progress"})
    CHECK(help.find(text) != std::string::npos);
  CHECK(help.find("list-options") == std::string::npos);
  CHECK(help.find(" \n") == std::string::npos);
  CHECK_THROWS_AS(parsed({"-s", "x", "-h"}), Exit);
  CHECK(printed("--version").starts_with("tool (sr3-cdm) 0.1.0\nimage formats: PNG, JPEG, PNM"));
}

TEST_CASE("--list-options has five fields per line and omits itself") {
  const std::string table = printed("--list-options");
  CHECK(
      table.starts_with("scale\ts\tN\t4\tshrink N times (>= 1)\neta\t\tE\t0\tnoise of ddim, from 0 for none to 1 for"));
  CHECK(table.find("\njson\t\t\t\tJSON lines\n") != std::string::npos);
  CHECK(table.find("list-options") == std::string::npos);
}

TEST_CASE("an option declared equally by two structs sets both; different declarations are a programming error") {
  Options options;
  int64_t a = 0, b = 0;
  options.add("threads", 0, &a, "N", any_number(), "threads");
  options.add("threads", 0, &b, "N", any_number(), "threads of another");
  CHECK(options.all().size() == 1);
  apply({options.find("threads"), "3"});
  CHECK(a == 3);
  CHECK(b == 3);
  CHECK_THROWS_AS(options.add("threads", 't', &a, "N", any_number(), ""), std::logic_error);
}

TEST_CASE("the message of a foreign exception is reduced to its reason") {
  const std::string what =
      "Expected all tensors to be on the same device.\nException raised from f at g.cpp:3 (most recent call "
      "first):\n#0";
  CHECK(brief_reason(what, false) == "Expected all tensors to be on the same device");
  CHECK(brief_reason(what, true) == what);
  CHECK(brief_reason("bad shape (Exception raised from f", false) == "bad shape");
  CHECK(brief_reason("", false) == "unknown error");
}
