#include "study/chart.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace sr3 {
namespace {

struct Bar {
  std::string name, raters;
  int64_t task;
  double rate, low, high;
};

constexpr int kBar = 54, kGap = 34, kGroupGap = 46, kLeft = 62, kTop = 46, kHeight = 260, kFoot = 84;
constexpr const char* kColors[] = {"#3b6ea8",
                                   "#c8742f"};  // tasks 1 and 2; distinct without colour vision and in print, too
constexpr const char* kWhisker = "stroke=\"#111\" stroke-width=\"1.6\"";
constexpr const char* kSmall = "text-anchor=\"middle\" font-size=\"11\" fill=\"#555\"";
constexpr const char* kPale[] = {"#b9cbe1", "#ecd3bd"};

std::string escaped(const std::string& text, size_t most) {
  std::string out;
  size_t characters = 0;
  for (const char c : text) {
    if ((c & 0xc0) != 0x80 && ++characters > most) return out + "\xe2\x80\xa6";
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (static_cast<unsigned char>(c) < 32)
      out += ' ';
    else
      out += c;
  }
  return out;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::vector<Bar> bars_of(const std::vector<ScoreTable>& tables) {
  std::vector<Bar> bars;
  for (const ScoreTable& table : tables) {
    if (table.record != "rate") continue;
    for (const auto& row : table.rows) {
      const std::string answers = row["answers"];
      if (row["rate"].is_null() || answers == "all" || answers == "1 - AUC") continue;
      bars.push_back({row["model"], row["raters"], row["task"], row["rate"], row["low"], row["high"]});
    }
  }
  std::stable_sort(bars.begin(), bars.end(), [](const Bar& a, const Bar& b) { return a.task < b.task; });
  return bars;
}

}  // namespace

std::string chart_svg(const std::vector<ScoreTable>& tables) {
  const std::vector<Bar> bars = bars_of(tables);
  if (bars.empty()) throw Error("cannot draw the chart: there is no rate to draw");
  double most = 0.6;
  for (const Bar& bar : bars) most = std::max(most, bar.high);
  most = most > 0.8 ? 1 : most > 0.6 ? 0.8 : 0.6;
  int width = kLeft + kGap;
  for (size_t i = 0; i < bars.size(); ++i)
    width += kBar + kGap + (i > 0 && bars[i].task != bars[i - 1].task ? kGroupGap : 0);
  width = std::max(width, 300);
  const auto row = [&](double rate) { return kTop + kHeight * (1 - rate / most); };
  const auto line = [](double x0, double y0, double x1, double y1, const std::string& style) {
    return cat("<path d=\"M", number(x0), " ", number(y0), "L", number(x1), " ", number(y1), "\" ", style, "/>\n");
  };
  const auto label = [](double x, double y, const std::string& text, const std::string& style) {
    return cat("<text x=\"", number(x), "\" y=\"", number(y), "\" ", style, ">", text, "</text>\n");
  };
  std::string svg = cat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", width, " ", kTop + kHeight + kFoot,
                        "\" width=\"", width, "\" height=\"", kTop + kHeight + kFoot,
                        "\" font-family=\"Liberation Sans, Arial, sans-serif\" font-size=\"13\" fill=\"#222\">\n",
                        "<title>Confusion rates with 95% intervals</title>\n",
                        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
  for (double rate = 0; rate <= most + 1e-9; rate += most > 0.6 ? 0.2 : 0.1) {
    svg += line(kLeft, row(rate), width - 12, row(rate), "stroke=\"#e2e2e2\"");
    svg += label(kLeft - 8, row(rate) + 4.5, cat(static_cast<int>(rate * 100 + 0.5), "%"), "text-anchor=\"end\"");
  }
  svg += label(14, 24, "confusion rate", "font-weight=\"bold\"");
  double x = kLeft + kGap;
  std::string marks;
  for (size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const bool human = bar.raters == "human", first = i == 0 || bars[i - 1].task != bar.task;
    if (first && i > 0) x += kGroupGap;
    const double middle = x + kBar / 2.0, top = row(bar.rate);
    svg += cat("<rect x=\"", number(x), "\" y=\"", number(top), "\" width=\"", kBar, "\" height=\"",
               number(row(0) - top), "\" fill=\"", (human ? kColors : kPale)[bar.task == 1 ? 0 : 1], "\"/>\n");
    for (const double end : {bar.low, bar.high}) marks += line(middle - 7, row(end), middle + 7, row(end), kWhisker);
    marks += line(middle, row(bar.low), middle, row(bar.high), kWhisker);
    marks += label(middle, row(bar.high) - 7, number(bar.rate * 100), "text-anchor=\"middle\" font-weight=\"bold\"");
    svg += label(middle, row(0) + 18, escaped(bar.name, 12), "text-anchor=\"middle\"");
    if (!human) {
      svg += label(middle, row(0) + 34, escaped(bar.raters.substr(bar.raters.find(' ') + 1), 12), kSmall);
      svg += label(middle, row(0) + 47, "(machine)", kSmall);
    }
    if (first) svg += label(x, row(0) + 70, cat("task ", bar.task), "font-weight=\"bold\"");
    x += kBar + kGap;
  }
  svg += line(kLeft, row(0.5), width - 12, row(0.5), "stroke=\"#222\" stroke-dasharray=\"5 4\"");
  svg += line(kLeft, row(0), width - 12, row(0), "stroke=\"#222\"");
  return svg + marks + "</svg>\n";
}

}  // namespace sr3
