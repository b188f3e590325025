#include "study/power_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/distribution.h"
#include "base/error.h"
#include "study/score.h"

namespace sr3 {

namespace {

void check_correlations(const PowerOptions& options) {
  if (options.icc.rater + options.icc.image >= 1)
    throw UsageError("--icc-rater and --icc-image are 1 or more together, and must be less");
}

double half_width(const PowerOptions& options, int64_t raters, int64_t trials, int64_t images) {
  return normal_quantile(0.975) * study_error(options, raters, trials, images);
}

}  // namespace

std::string power_table(const PowerOptions& options, int64_t trials, bool json) {
  check_correlations(options);
  const int64_t fewest = std::max<int64_t>(2, images_needed(options));
  std::vector<int64_t> rows = {fewest, fewest + (fewest + 3) / 4};
  for (const int64_t scale : {1, 10, 100, 1000, 10000})
    for (const int64_t digit : {10, 20, 50})
      if (digit * scale > rows[1] && digit * scale <= 20 * std::max<int64_t>(fewest, 50)) rows.push_back(digit * scale);
  ScoreTable table{"power", {}};
  for (const int64_t images : rows) {
    const int64_t each = std::min(trials, images);
    const auto raters = raters_needed(options, each, images);
    if (!raters) continue;
    table.rows.push_back({{"goal", options.goal},
                          {"margin", options.margin},
                          {"images", images},
                          {"trials", each},
                          {"raters", *raters},
                          {"judgements", *raters * each},
                          {"half_width", half_width(options, *raters, each, images)}});
  }
  if (table.rows.empty()) throw Error("cannot reach the goal with any realistic number of raters and images");
  return score_text({table}, json);
}

std::string affordable_table(const PowerOptions& options, int64_t images, int64_t trials, bool json) {
  check_correlations(options);
  const int64_t each = std::min(trials, images);
  ScoreTable table{"power", {}};
  for (const int64_t raters : {5, 10, 20, 50, 100, 200, 500, 1000})
    table.rows.push_back({{"images", images},
                          {"trials", each},
                          {"raters", raters},
                          {"judgements", raters * each},
                          {"half_width", half_width(options, raters, each, images)}});
  return score_text({table}, json);
}

}  // namespace sr3
