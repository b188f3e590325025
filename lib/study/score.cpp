#include "study/score.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/distribution.h"
#include "format/json.h"
#include "study/confusion.h"
#include "study/roc.h"

namespace sr3 {
namespace {

using Line = nlohmann::ordered_json;

Line number(double value) { return std::isfinite(value) ? Line(value) : Line(); }

std::vector<Judgement> judgements(const AnswerSet& set, TrialKind kind, bool all) {
  std::vector<Judgement> out;
  for (const Judged& j : set.judged)
    if (j.kind == kind && (all || j.excluded.empty())) out.push_back({j.rater, j.image, j.model, j.fooled});
  return out;
}

Line rate_line(const AnswerSet& set, const std::string& model, const std::string& answers, const ConfusionRate& r) {
  return {{"model", model},
          {"task", set.task},
          {"raters", set.raters},
          {"answers", answers},
          {"fooled", r.fooled},
          {"trials", r.trials},
          {"rate", r.trials > 0 ? Line(r.rate) : Line()},
          {"low", r.interval.low},
          {"high", r.interval.high},
          {"naive_low", r.naive.low},
          {"naive_high", r.naive.high},
          {"d_prime", r.trials > 0 ? number(r.d_prime) : Line()},
          {"d_prime_low", number(r.d_prime_interval.low)},
          {"d_prime_high", number(r.d_prime_interval.high)},
          {"equivalent", r.equivalent ? "yes" : "no"},
          {"equivalence_p", r.trials > 0 ? Line(r.equivalence_p) : Line()},
          {"rater_count", r.raters},
          {"image_count", r.images},
          {"icc_rater", r.icc.rater},
          {"icc_image", r.icc.image},
          {"study", set.study}};
}

// The rates from a machine's scores of all pairs, in which only the images are a sample.
void add_pair_rates(const AnswerSet& set, std::vector<Line>& rows) {
  for (size_t m = 0; m < set.models.size(); ++m) {
    std::vector<double> real, generated;
    double above = 0;
    for (const PairScore& pair : set.pairs) {
      if (pair.model != static_cast<int64_t>(m)) continue;
      real.push_back(pair.real), generated.push_back(pair.generated);
      above += pair.generated > pair.real ? 1 : pair.generated == pair.real ? 0.5 : 0;
    }
    if (real.empty()) continue;
    const auto n = static_cast<int64_t>(real.size());
    const auto add = [&](const char* answers, double rate, const Interval& interval) {
      ConfusionRate r;
      r.trials = n, r.images = n, r.raters = 1;
      r.rate = rate;
      r.interval = r.naive = interval;
      r.d_prime = d_prime(rate);
      r.d_prime_interval = {d_prime(interval.high), d_prime(interval.low)};
      Line line = rate_line(set, set.models[m], answers, r);
      line["fooled"] = rate * static_cast<double>(n);
      if (answers[0] == '1') line["fooled"] = nullptr;  // 1 - AUC is over all pairs of a real and a generated image
      for (const char* key : {"equivalent", "equivalence_p", "icc_rater", "icc_image"}) line[key] = nullptr;
      rows.push_back(line);
    };
    add("all pairs", above / static_cast<double>(n), wilson(above, n));
    const Separation curve = separation(real, generated);
    add("1 - AUC", curve.confusion, curve.interval);
  }
}

Line difference_line(const AnswerSet& set, const ConfusionDifference& d) {
  return {{"model", set.models[static_cast<size_t>(d.a)]},
          {"minus", set.models[static_cast<size_t>(d.b)]},
          {"task", set.task},
          {"raters", set.raters},
          {"difference", d.difference},
          {"low", d.interval.low},
          {"high", d.interval.high},
          {"p", d.p},
          {"p_holm", d.p_holm},
          {"study", set.study}};
}

double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  const size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(half), values.end());
  if (values.size() % 2 == 1) return values[half];
  return (values[half] + *std::max_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(half))) / 2;
}

void add_checks(const AnswerSet& set, const ConfusionOptions& options, std::vector<Line>& rows) {
  const auto add = [&](const char* check, int64_t n, double value, double low, double high, double p,
                       const char* expected) {
    rows.push_back({{"check", check},
                    {"task", set.task},
                    {"raters", set.raters},
                    {"n", n},
                    {"value", number(value)},
                    {"low", number(low)},
                    {"high", number(high)},
                    {"p", number(p)},
                    {"expected", expected},
                    {"study", set.study}});
  };
  const auto share = [&](const char* check, const std::vector<Judgement>& of, const char* expected) {
    if (of.empty()) return;
    const ConfusionRate r = crossed_rate(of, options);
    // If all outcomes are equal, the exact binomial test.
    const double p = std::string_view(expected) != "0.5" ? std::nan("")
                     : r.se > 0                          ? 2 * student_cdf(-std::abs(r.rate - 0.5) / r.se, r.df)
                                : std::min(1.0, 2 * std::pow(0.5, static_cast<double>(r.trials)));
    add(check, r.trials, r.rate, r.interval.low, r.interval.high, p, expected);
  };
  share("control: real against itself", judgements(set, TrialKind::kControl, false), "0.5");
  share("catch trials missed, all raters", judgements(set, TrialKind::kCatch, true), "near 0");
  std::vector<Judgement> lefts, agreed;
  std::map<std::pair<int64_t, int64_t>, bool> firsts;  // (rater, trial) -> fooled
  for (const Judged& j : set.judged)
    if (j.kind == TrialKind::kMain && j.excluded.empty()) firsts[{j.rater, j.trial}] = j.fooled;
  std::vector<double> times[3];  // all, not fooled, fooled
  for (const Judged& j : set.judged) {
    if (!j.excluded.empty()) continue;
    if (j.kind == TrialKind::kMain) {
      lefts.push_back({j.rater, j.image, 0, j.left});
      times[0].push_back(j.response);
      times[j.fooled ? 2 : 1].push_back(j.response);
    }
    if (j.kind != TrialKind::kRepeat) continue;
    const auto first = firsts.find({j.rater, j.repeats});
    if (first != firsts.end()) agreed.push_back({j.rater, j.image, 0, first->second == j.fooled});
  }
  share("agreement with oneself", agreed, "0.5 to 1");
  if (!set.study.empty()) share("left side chosen", lefts, "0.5");
  if (!set.timed) return;
  const char* names[] = {"response time, median ms", "response time when right", "response time when fooled"};
  for (const int k : {0, 1, 2})
    if (!times[k].empty())
      add(names[k], static_cast<int64_t>(times[k].size()), median(times[k]), std::nan(""), std::nan(""), std::nan(""),
          "");
}

void add_exclusions(const AnswerSet& set, std::vector<Line>& rows) {
  std::map<std::string, int64_t> counts = set.dropped;
  int64_t kept = 0, practice = 0;
  for (const Judged& j : set.judged) {
    if (j.kind == TrialKind::kPractice)
      ++practice;
    else if (j.excluded.empty())
      ++kept;
    else
      ++counts[j.excluded];
  }
  const auto add = [&](const std::string& reason, int64_t n) {
    rows.push_back({{"answers", reason}, {"task", set.task}, {"raters", set.raters}, {"n", n}, {"study", set.study}});
  };
  add("kept", kept);
  if (practice > 0) add("practice, not counted", practice);
  for (const auto& [reason, n] : counts) add(reason, n);
}

void add_images(const AnswerSet& set, std::vector<Line>& rows) {
  std::map<std::pair<int64_t, int64_t>, std::pair<int64_t, int64_t>> counts;  // (model, image) -> (trials, fooled)
  for (const Judged& j : set.judged)
    if (j.kind == TrialKind::kMain && j.excluded.empty()) {
      auto& [n, fooled] = counts[{j.model, j.image}];
      ++n, fooled += j.fooled;
    }
  for (const auto& [what, count] : counts) {
    const auto [n, fooled] = count;
    const Interval interval = wilson(static_cast<double>(fooled), n);
    rows.push_back({{"image", set.images[static_cast<size_t>(what.second)]},
                    {"model", set.models[static_cast<size_t>(what.first)]},
                    {"task", set.task},
                    {"raters", set.raters},
                    {"fooled", fooled},
                    {"trials", n},
                    {"rate", static_cast<double>(fooled) / static_cast<double>(n)},
                    {"naive_low", interval.low},
                    {"naive_high", interval.high},
                    {"study", set.study}});
  }
}

std::string cell(const Line& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>().empty() ? "-" : value.get<std::string>();
  if (!value.is_number_float()) return value.dump();
  char text[40];
  const double v = value.get<double>();
  std::snprintf(text, sizeof text, v != 0 && std::abs(v) < 1e-3 ? "%.2g" : "%.4f", v);
  return text;
}

}  // namespace

std::vector<ScoreTable> score_tables(const std::vector<AnswerSet>& sets, const StudyScoreOptions& options) {
  ScoreTable rates{"rate", {}}, differences{"difference", {}}, checks{"check", {}}, exclusions{"exclusion", {}},
      images{"image", {}};
  for (const AnswerSet& set : sets) {
    if (options.per_image) {
      add_images(set, images.rows);
      continue;
    }
    if (!set.pairs.empty()) {
      add_pair_rates(set, rates.rows);
      continue;
    }
    const ConfusionOptions with{options.replicates, options.seed, options.margin >= 0 ? options.margin : set.margin};
    const auto models = static_cast<int64_t>(set.models.size());
    const Confusion kept = confusion(judgements(set, TrialKind::kMain, false), models, with);
    const Confusion all = confusion(judgements(set, TrialKind::kMain, true), models, with);
    for (size_t m = 0; m < set.models.size(); ++m) {
      if (all.rates[m].trials == 0) continue;
      rates.rows.push_back(rate_line(set, set.models[m], "kept", kept.rates[m]));
      rates.rows.push_back(rate_line(set, set.models[m], "all", all.rates[m]));
    }
    for (const ConfusionDifference& d : kept.differences) differences.rows.push_back(difference_line(set, d));
    add_checks(set, with, checks.rows);
    add_exclusions(set, exclusions.rows);
  }
  std::vector<ScoreTable> tables;
  for (const ScoreTable& table : {rates, differences, checks, exclusions, images})
    if (!table.rows.empty()) tables.push_back(table);
  return tables;
}

std::string score_text(const std::vector<ScoreTable>& tables, bool json) {
  std::string text;
  for (const ScoreTable& table : tables) {
    if (json) {
      for (const Line& row : table.rows) {
        Line line = {{"record", table.record}};
        line.update(row);
        text += compact_json(line) + "\n";
      }
      continue;
    }
    if (!text.empty()) text += "\n";
    const auto add = [&text](const Line& row, auto field) {
      bool first = true;
      for (const auto& [key, value] : row.items()) {
        if (!first) text += '\t';
        text.append(field(key, value));
        first = false;
      }
      text += '\n';
    };
    add(table.rows[0], [](const std::string& key, const Line&) { return key; });
    for (const Line& row : table.rows) add(row, [](const std::string&, const Line& value) { return cell(value); });
  }
  return text;
}

}  // namespace sr3
