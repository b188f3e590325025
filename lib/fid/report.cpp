#include "fid/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/table.h"
#include "format/json.h"

namespace sr3 {
namespace {

std::string features_of(const Signature& a, const Signature& b) {
  const std::string& known = a.features.empty() ? b.features : a.features;
  return known.empty() ? "?" : known;
}

std::string cell(const std::optional<double>& value) {
  char text[40] = "-";
  if (value) std::snprintf(text, sizeof text, "%.9g", *value);
  return text;
}

}  // namespace

std::string report_table(const std::vector<SetReport>& reports, bool several) {
  std::string text = cat(several ? "set\t" : "", "measure\tvalue\tsd\tse\tlow\thigh\tfeatures\tsignature\n");
  for (const SetReport& report : reports)
    for (const Measure& m : report.measures) {
      if (several) text += plain_cell(report.set) + "\t";
      text += cat(m.name, "\t", cell(m.value), "\t", cell(m.deviation), "\t", cell(m.standard_error), "\t", cell(m.low),
                  "\t", cell(m.high), "\t", features_of(report.first, report.second), "\t",
                  signature_line(report.first, report.second), "\n");
    }
  return text;
}

std::string report_json(const std::vector<SetReport>& reports, bool several) {
  std::string text;
  for (const SetReport& report : reports) {
    nlohmann::ordered_json line;
    if (several) line["set"] = report.set;
    for (const Measure& m : report.measures) {
      line[m.name] = m.value ? nlohmann::ordered_json(*m.value) : nlohmann::ordered_json();
      if (m.deviation) line[m.name + "_sd"] = *m.deviation;
      if (m.standard_error) line[m.name + "_se"] = *m.standard_error;
      if (m.low) line[m.name + "_low"] = *m.low, line[m.name + "_high"] = *m.high;
    }
    line["features"] = features_of(report.first, report.second);
    line["signature"] = signature_line(report.first, report.second);
    line["first"] = nlohmann::ordered_json::parse(report.first.json());
    line["second"] = nlohmann::ordered_json::parse(report.second.json());
    text += compact_json(line) + "\n";
  }
  return text;
}

std::string report_times(const Collected& c) {
  const double all = std::max(1e-9, c.decode + c.resize + c.network + c.sums);
  const auto share = [all](double seconds) { return std::lround(100 * seconds / all); };
  char rate[40];
  std::snprintf(rate, sizeof rate, "%.1f", static_cast<double>(c.statistics.count()) / all);
  return cat(c.statistics.count(), " images, ", rate, " a second; of the time ", share(c.decode),
             "% waiting for decoding, ", share(c.resize), "% for resizing, ", share(c.network), "% network, ",
             share(c.sums), "% sums");
}

}  // namespace sr3
