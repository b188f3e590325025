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

std::vector<Line> set_lines(const std::vector<ClassifiedSet>& sets) {
  std::vector<Line> lines;
  for (const ClassifiedSet& set : sets) {
    int64_t hits[2] = {};
    for (const int64_t rank : set.run.ranks) hits[0] += rank <= 1, hits[1] += rank <= 5;
    const auto n = static_cast<int64_t>(set.run.ranks.size());
    Line line = {{"set", set.run.set}, {"images", n}};
    for (const int k : {0, 1}) {
      const std::string name = k == 0 ? "top1" : "top5";
      const Interval interval = wilson(static_cast<double>(hits[k]), n);
      line[name] = static_cast<double>(hits[k]) / static_cast<double>(n);
      line[name + "_low"] = interval.low;
      line[name + "_high"] = interval.high;
    }
    const bool compared = set.paired && &set != &sets[0];
    const CasRow row = compared ? cas_difference(set.run, sets[0].run) : CasRow();
    line["difference"] = maybe(compared, row.top1);
    line["difference_low"] = maybe(compared, row.top1_interval.low);
    line["difference_high"] = maybe(compared, row.top1_interval.high);
    line["p"] = maybe(compared, row.p);
    lines.push_back(line);
  }
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

std::string text_of(const std::vector<Line>& lines, bool json) {
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

}  // namespace

std::string cas_report(const std::vector<CasRun>& runs, bool per_class, bool json) {
  return text_of(per_class ? class_lines(runs) : run_lines(runs), json);
}

std::string pretrained_report(const std::vector<ClassifiedSet>& sets, bool per_class, bool json) {
  if (!per_class) return text_of(set_lines(sets), json);
  std::vector<CasRun> runs;
  for (const ClassifiedSet& set : sets) runs.push_back(set.run);
  return text_of(class_lines(runs), json);
}

}  // namespace sr3
