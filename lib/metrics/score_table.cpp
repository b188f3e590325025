#include "metrics/score_table.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/table.h"
#include "base/utf8.h"

namespace sr3 {
namespace {

using nlohmann::ordered_json;

ordered_json or_null(const std::optional<double>& value) { return value ? ordered_json(*value) : ordered_json(); }

// JSON has no infinity: the PSNR of identical images is null.
std::string json_line(const std::string& name, int64_t images, const Scores& s) {
  ordered_json object = {{"name", utf8_from_bytes(name)}};
  if (images > 0) object["images"] = images;
  object["psnr"] = s.psnr, object["ssim"] = or_null(s.ssim);
  object["psnr_y"] = s.psnr_y, object["ssim_y"] = or_null(s.ssim_y);
  if (s.consistency) object["consistency"] = *s.consistency, object["rounding_floor"] = *s.rounding_floor;
  return object.dump() + "\n";
}

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string header(const char* names, bool consistency) {
  return std::string(names) + "\tpsnr\tssim\tpsnr_y\tssim_y" + (consistency ? "\tconsistency\trounding_floor\n" : "\n");
}

std::string text_line(const std::string& name, const Scores& s) {
  const auto ssim = [](const std::optional<double>& value) { return value ? number("%.6f", *value) : "-"; };
  std::string line = name + "\t" + number("%.4f", s.psnr) + "\t" + ssim(s.ssim);
  line += "\t" + number("%.4f", s.psnr_y) + "\t" + ssim(s.ssim_y);
  if (s.consistency) line += "\t" + number("%.3e", *s.consistency) + "\t" + number("%.3e", *s.rounding_floor);
  return line + "\n";
}

void add(std::optional<double>& sum, const std::optional<double>& value) {
  if (value) sum = sum.value_or(0) + *value;
}

}  // namespace

Scores mean_scores(const std::vector<ScoredPair>& pairs) {
  Scores sum;
  int64_t with_ssim = 0;
  for (const ScoredPair& pair : pairs) {
    const Scores& s = pair.scores;
    sum.psnr += s.psnr, sum.psnr_y += s.psnr_y, with_ssim += s.ssim.has_value();
    add(sum.ssim, s.ssim), add(sum.ssim_y, s.ssim_y);
    add(sum.consistency, s.consistency), add(sum.rounding_floor, s.rounding_floor);
  }
  const auto n = static_cast<double>(pairs.size());
  sum.psnr /= n, sum.psnr_y /= n;
  if (sum.ssim) *sum.ssim /= static_cast<double>(with_ssim), *sum.ssim_y /= static_cast<double>(with_ssim);
  if (sum.consistency) *sum.consistency /= n, *sum.rounding_floor /= n;
  return sum;
}

std::string score_table(std::vector<ScoredPair> pairs, bool consistency, bool json, bool complete) {
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const ScoredPair& a, const ScoredPair& b) { return a.index < b.index; });
  std::string table;
  if (!json) table = header("name", consistency);
  for (const ScoredPair& pair : pairs)
    table += json ? json_line(pair.name, 0, pair.scores) : text_line(pair.name, pair.scores);
  if (pairs.empty() || !complete) return table;
  const Scores mean = mean_scores(pairs);
  return table + (json ? json_line("mean", static_cast<int64_t>(pairs.size()), mean) : text_line("mean", mean));
}

std::string set_table(const std::vector<ScoredSet>& sets, bool consistency, bool json) {
  std::string table;
  if (!json) table = header("name\timages", consistency);
  for (const auto& [name, pairs] : sets) {
    if (pairs.empty()) continue;
    const Scores mean = mean_scores(pairs);
    const auto images = static_cast<int64_t>(pairs.size());
    table += json ? json_line(name, images, mean) : text_line(plain_cell(name) + "\t" + std::to_string(images), mean);
  }
  return table;
}

}  // namespace sr3
