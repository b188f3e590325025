#include "cas/cas.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "format/json.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr const char* kFormat = "cas-run 1";
constexpr const char* kSets[] = {"generated", "real"};

std::vector<const CasRun*> of_set(const std::vector<CasRun>& runs, const std::string& set) {
  std::vector<const CasRun*> found;
  for (const CasRun& run : runs)
    if (run.set == set) found.push_back(&run);
  return found;
}

int64_t right(const CasRun& run, int64_t within) {
  return std::count_if(run.ranks.begin(), run.ranks.end(), [&](int64_t rank) { return rank <= within; });
}

}  // namespace

CasRun cas_run(const std::string& set, uint64_t seed, const std::string& settings,
               const std::vector<std::string>& classes, const std::vector<int64_t>& labels, const at::Tensor& logits) {
  CasRun run{set, seed, settings, classes, labels, {}, {}};
  // No comparison with NaN is true, so every image would count as right.
  if (!at::isfinite(logits).all().item<bool>())
    throw Error(
        cat("cannot score the ", set, " images' classifier of seed ", seed,
            ": its logits are not finite, its training has diverged (train with fewer --epochs, or another seed)"));
  const at::Tensor plain = logits.contiguous();
  const auto c = static_cast<int64_t>(classes.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    const float* row = plain.data_ptr<float>() + static_cast<int64_t>(i) * c;
    run.predictions.push_back(std::max_element(row, row + c) - row);
    int64_t rank = 1;
    for (int64_t k = 0; k < c; ++k) rank += row[k] > row[labels[i]] || (row[k] == row[labels[i]] && k < labels[i]);
    run.ranks.push_back(rank);
  }
  return run;
}

void write_cas_run(const std::string& path, const CasRun& run) {
  const nlohmann::ordered_json all = {{"format", kFormat},
                                      {"set", run.set},
                                      {"seed", run.seed},
                                      {"settings", run.settings},
                                      {"classes", run.classes},
                                      {"labels", run.labels},
                                      {"predictions", run.predictions},
                                      {"ranks", run.ranks}};
  write_file(path, compact_json(all) + "\n");
}

CasRun read_cas_run(const std::string& path) {
  const JsonObject json = JsonObject::parse(read_text(path), path, 2);
  if (json.get<std::string>("format") != kFormat) throw json.error("not a run of cas");
  CasRun run;
  run.set = json.get<std::string>("set");
  run.seed = json.get<uint64_t>("seed");
  run.settings = json.get<std::string>("settings");
  run.classes = json.get<std::vector<std::string>>("classes");
  run.labels = json.get<std::vector<int64_t>>("labels");
  run.predictions = json.get<std::vector<int64_t>>("predictions");
  run.ranks = json.get<std::vector<int64_t>>("ranks");
  const auto c = static_cast<int64_t>(run.classes.size());
  bool sound = (run.set == kSets[0] || run.set == kSets[1]) && run.labels.size() == run.predictions.size() &&
               run.labels.size() == run.ranks.size() && !run.labels.empty();
  for (size_t i = 0; sound && i < run.labels.size(); ++i)
    sound = run.labels[i] >= 0 && run.labels[i] < c && run.predictions[i] >= 0 && run.predictions[i] < c &&
            (run.ranks[i] == kNotLearned ||
             (run.ranks[i] >= 1 && run.ranks[i] <= c && (run.ranks[i] == 1) == (run.predictions[i] == run.labels[i])));
  if (!sound) throw json.error("its predictions do not match its images");
  return run;
}

CasRow cas_difference(const CasRun& a, const CasRun& b) {
  int64_t only[2][2] = {};  // top-1, top-5; a, b
  for (size_t i = 0; i < a.ranks.size(); ++i)
    for (const int k : {0, 1}) {
      const int64_t within = k == 0 ? 1 : 5;
      const bool in_a = a.ranks[i] <= within, in_b = b.ranks[i] <= within;
      only[k][0] += in_a && !in_b;
      only[k][1] += in_b && !in_a;
    }
  const auto n = static_cast<int64_t>(a.ranks.size());
  const auto share = [&](const int64_t* pair) {
    return static_cast<double>(pair[0] - pair[1]) / static_cast<double>(n);
  };
  CasRow row{"difference", std::to_string(a.seed), share(only[0]), share(only[1]), {}, {}};
  row.top1_interval = paired_difference(only[0][0], only[0][1], n);
  row.top5_interval = paired_difference(only[1][0], only[1][1], n);
  row.p = mcnemar(only[0][0], only[0][1]);
  return row;
}

std::vector<CasRow> cas_rows(const std::vector<CasRun>& runs) {
  std::vector<CasRow> rows;
  std::vector<CasRow> means;
  for (const char* set : kSets) {
    const auto found = of_set(runs, set);
    if (found.empty()) continue;
    const auto n = static_cast<int64_t>(found[0]->ranks.size());
    double sums[2] = {}, squares = 0;
    for (const CasRun* run : found) {
      const auto one = static_cast<double>(right(*run, 1)), five = static_cast<double>(right(*run, 5));
      rows.push_back({set, std::to_string(run->seed), one / static_cast<double>(n), five / static_cast<double>(n),
                      wilson(one, n), wilson(five, n)});
      sums[0] += one;
      sums[1] += five;
      squares += rows.back().top1 * rows.back().top1;
    }
    const auto k = static_cast<double>(found.size());
    CasRow mean{set,
                "mean",
                sums[0] / k / static_cast<double>(n),
                sums[1] / k / static_cast<double>(n),
                wilson(sums[0] / k, n),
                wilson(sums[1] / k, n)};
    if (found.size() > 1) mean.sd = std::sqrt(std::max(0.0, (squares - k * mean.top1 * mean.top1) / (k - 1)));
    rows.push_back(mean);
    means.push_back(mean);
  }
  for (const CasRun* generated : of_set(runs, kSets[0]))
    for (const CasRun* real : of_set(runs, kSets[1]))
      if (generated->seed == real->seed) rows.push_back(cas_difference(*generated, *real));
  if (means.size() == 2)
    rows.push_back({"difference", "mean", means[0].top1 - means[1].top1, means[0].top5 - means[1].top5, {}, {}, false});
  return rows;
}

std::vector<CasClassRow> cas_class_rows(const std::vector<CasRun>& runs) {
  std::vector<CasClassRow> rows;
  std::vector<std::string> sets;
  for (const CasRun& run : runs)
    if (std::find(sets.begin(), sets.end(), run.set) == sets.end()) sets.push_back(run.set);
  for (const std::string& set : sets) {
    const auto found = of_set(runs, set);
    for (size_t c = 0; c < found[0]->classes.size(); ++c) {
      CasClassRow row{set, found[0]->classes[c], 0, {}, {}};
      double hits = 0;
      for (const CasRun* run : found)
        for (size_t i = 0; i < run->labels.size(); ++i) {
          if (run->labels[i] != static_cast<int64_t>(c)) continue;
          row.images += run == found[0];
          hits += run->ranks[i] == 1;
        }
      hits /= static_cast<double>(found.size());
      if (row.images > 0) row.top1 = hits / static_cast<double>(row.images);
      row.interval = wilson(hits, row.images);
      rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace sr3
