#include "study/chart.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

using namespace sr3;

namespace {

nlohmann::ordered_json row(const std::string& model, const std::string& raters, int task, double rate, double low,
                           double high) {
  return {{"model", model}, {"task", task}, {"raters", raters}, {"answers", raters == "human" ? "kept" : "all pairs"},
          {"rate", rate},   {"low", low},   {"high", high}};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("Chart: bars and intervals have their heights, names are escaped, machines are labelled") {
  ScoreTable table{"rate",
                   {row("a<b>&\"c", "human", 2, .3, .24, .36), row("net", "machine detector", 1, .15, .09, .21)}};
  const std::string svg = chart_svg({table});
  // 260 pixels are 60%, from 46 down: 30% is 130 high, its interval from 46 + 156 to 46 + 104.
  CHECK(has(svg, "y=\"176.0\" width=\"54\" height=\"130.0\""));
  CHECK(has(svg, " 202.0L"));
  CHECK(has(svg, " 150.0L"));
  CHECK(has(svg, ">30.0</text>"));
  CHECK(has(svg, "y=\"241.0\" width=\"54\" height=\"65.0\""));
  CHECK(has(svg, "a&lt;b&gt;&amp;\"c"));
  CHECK(!has(svg, "<b>"));
  CHECK(svg.find("task 1") < svg.find("task 2"));
  CHECK(has(svg, "(machine)"));
  // Not drawn: rates of all answers, and rates without trials.
  table.rows[0]["answers"] = "all";
  table.rows[1]["rate"] = nullptr;
  CHECK_THROWS_WITH_AS(chart_svg({table}), doctest::Contains("no rate to draw"), Error);
  CHECK_THROWS_AS(chart_svg({}), Error);
}
