#include "metrics/nearest_table.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/proportion.h"
#include "base/table.h"
#include "base/utf8.h"

namespace sr3 {

namespace {

std::string fixed(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

}  // namespace

std::string copies_table(const std::vector<ComparedSet>& sets, double threshold, bool json) {
  std::string table = json ? "" : "set\timages\tcopies\tshare\tlow\thigh\tsmallest_ratio\tmedian_ratio\n";
  for (const ComparedSet& set : sets) {
    if (set.images.empty()) continue;
    std::vector<double> ratios;
    for (const auto& [key, nearest] : set.images) ratios.push_back(nearest.ratio);
    const auto images = static_cast<int64_t>(ratios.size());
    const int64_t copies = std::count_if(ratios.begin(), ratios.end(), [&](double ratio) { return ratio < threshold; });
    const double share = static_cast<double>(copies) / static_cast<double>(images);
    const double smallest = *std::min_element(ratios.begin(), ratios.end());
    const Interval interval = wilson(static_cast<double>(copies), images);
    if (json)
      table += nlohmann::ordered_json({{"set", utf8_from_bytes(set.name)},
                                       {"images", images},
                                       {"threshold", threshold},
                                       {"copies", copies},
                                       {"share", share},
                                       {"low", interval.low},
                                       {"high", interval.high},
                                       {"smallest_ratio", smallest},
                                       {"median_ratio", median(ratios)}})
                   .dump() +
               "\n";
    else
      table += cat(plain_cell(set.name), "\t", images, "\t", copies, "\t", fixed(share), "\t", fixed(interval.low),
                   "\t", fixed(interval.high), "\t", fixed(smallest), "\t", fixed(median(ratios)), "\n");
  }
  return table;
}

std::string nearest_table(const std::vector<ComparedSet>& sets, double threshold, bool json) {
  std::string table = json ? "" : "set\tname\tnearest\tmirrored\tdistance\tratio\tcopy\n";
  for (const ComparedSet& set : sets)
    for (const auto& [key, nearest] : set.images) {
      const bool copy = nearest.ratio < threshold;
      if (json)
        table += nlohmann::ordered_json({{"set", utf8_from_bytes(set.name)},
                                         {"name", utf8_from_bytes(key)},
                                         {"nearest", utf8_from_bytes(nearest.key)},
                                         {"mirrored", nearest.mirrored},
                                         {"distance", nearest.distance},
                                         {"ratio", nearest.ratio},
                                         {"copy", copy}})
                     .dump() +
                 "\n";
      else
        table += cat(plain_cell(set.name), "\t", plain_cell(key), "\t", plain_cell(nearest.key), "\t",
                     nearest.mirrored ? "yes" : "no", "\t", fixed(nearest.distance), "\t", fixed(nearest.ratio), "\t",
                     copy ? "yes" : "no", "\n");
    }
  return table;
}

}  // namespace sr3
