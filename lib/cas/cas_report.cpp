#include "cas/cas_report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "format/json.h"

namespace sr3 {
namespace {

using Line = nlohmann::ordered_json;

Line maybe(bool there, double value) { return there ? Line(value) : Line(); }

std::vector<Line> class_lines(const std::vector<CasRun>& runs) {
  std::vector<Line> lines;
  for (const CasClassRow& r : cas_class_rows(runs))
    lines.push_back({{"set", r.set},
                     {"class", r.name},
                     {"images", r.images},
                     {"top1", maybe(r.images > 0, r.top1.value_or(0))},
                     {"top1_low", maybe(r.images > 0, r.interval.low)},
                     {"top1_high", maybe(r.images > 0, r.interval.high)}});
  return lines;
}

std::vector<Line> run_lines(const std::vector<CasRun>& runs) {
  std::vector<Line> lines;
  for (const CasRow& r : cas_rows(runs))
    lines.push_back({{"set", r.set},
                     {"seed", r.seed},
                     {"images", runs[0].labels.size()},
                     {"top1", r.top1},
                     {"top1_low", maybe(r.has_intervals, r.top1_interval.low)},
                     {"top1_high", maybe(r.has_intervals, r.top1_interval.high)},
                     {"top5", r.top5},
                     {"top5_low", maybe(r.has_intervals, r.top5_interval.low)},
                     {"top5_high", maybe(r.has_intervals, r.top5_interval.high)},
                     {"sd", maybe(r.sd >= 0, r.sd)},
                     {"p", maybe(r.p >= 0, r.p)}});
  return lines;
}

std::string cell(const std::string& key, const Line& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_float()) return value.dump();
  char number[32];
  std::snprintf(number, sizeof number, key == "p" ? "%.3g" : "%.6f", value.get<double>());
  return number;
}

}  // namespace

std::string cas_report(const std::vector<CasRun>& runs, bool per_class, bool json) {
  const std::vector<Line> lines = per_class ? class_lines(runs) : run_lines(runs);
  std::string text, names;
  for (const auto& [key, value] : lines[0].items()) names += (names.empty() ? "" : "\t") + key;
  if (!json) text = names + "\n";
  for (const Line& line : lines) {
    std::string row;
    if (json)
      row = compact_json(line);
    else
      for (const auto& [key, value] : line.items()) row += (row.empty() ? "" : "\t") + cell(key, value);
    text += row + "\n";
  }
  return text;
}

}  // namespace sr3
