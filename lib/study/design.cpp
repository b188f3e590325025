#include "study/design.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/options.h"
#include "format/json.h"
#include "study/members.h"

namespace sr3 {
namespace {

constexpr const char* kFormat = "confusion-study 2";
constexpr const char* kKinds[] = {"practice", "main", "catch", "control", "repeat"};
constexpr int64_t kMax = 1000000;

int64_t place(const std::vector<std::string>& names, const std::string& name, const std::string& where) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw DataError(cat("cannot read '", where, "': the study has no '", name, "'"));
  return found - names.begin();
}

}  // namespace

void StudyRules::declare(Options& options) {
  options.add("max-catch-misses", 0, &max_catch_misses, "N", "leave out raters who miss more catch trials");
  options.add("min-response", 0, &min_response_ms, "MS", "leave out answers faster than this");
  options.add("max-focus-losses", 0, &max_focus_losses, "N", "leave out trials that lost the focus more often");
  options.add("exposure-tolerance", 0, &exposure_tolerance, "MS", "leave out trials shown longer or shorter");
}

void StudyDesign::declare(Options& options) {
  options.add("practice", 0, &practice, "N", "practice trials before the others");
  options.add("catches", 0, &catches, "N", "catch trials a rater; -1: a tenth of the trials");
  options.add("controls", 0, &controls, "N", "trials a rater of a real image against itself");
  options.add("repeats", 0, &repeats, "N", "trials a rater that come again, sides exchanged");
  options.add("exposure", 0, &exposure_ms, "MS", "how long images are shown");
  options.add("zoom", 0, &zoom, "N", "show each pixel as N x N where the window has room");
  options.choice("low-res-zoom", 0, &low_res_zoom, {"bicubic", "nearest"}, "how low-resolution images are enlarged");
  options.add("margin", 0, &margin, "X", "of the equivalence test, and what power looks for");
}

void StudyDesign::validate() const {
  const auto require = [](bool good, const std::string& what) {
    if (!good) throw UsageError(what);
  };
  require(raters >= 1 && raters <= kMax, "option '--raters': 1 to 1000000");
  require(trials >= 1 && trials <= kMax, "option '--trials': 1 to 1000000");
  require(practice >= 0 && practice <= kMax && catches >= 0 && catches <= kMax && controls >= 0 && controls <= kMax,
          "options '--practice', '--catches' and '--controls' take 0 or more");
  require(repeats >= 0 && repeats <= trials, "option '--repeats': 0 to the number of trials");
  require(raters * trials_in_all() <= int64_t{10} * kMax, "a study of more than ten million trials");
  require(exposure_ms >= 50 && exposure_ms <= 60000, "option '--exposure': 50 to 60000 ms");
  require(zoom >= 1 && zoom <= 16, "option '--zoom': 1 to 16");
  require(margin > 0 && margin < 0.5, "option '--margin': more than 0 and less than 0.5");
  require(rules.max_catch_misses >= 0 && rules.min_response_ms >= 0 && rules.max_focus_losses >= 0 &&
              rules.exposure_tolerance >= 0,
          "rules take 0 or more");
}

const char* StudyDesign::question() const {
  // The questions of the SR3 paper, section 4.2.
  return task == 1
             ? "Which of the two images is a better high quality version of the low resolution image in the middle?"
             : "Which image would you guess is from a camera?";
}

nlohmann::ordered_json design_json(const StudyDesign& d) {
  return {{"format", kFormat},
          {"study", d.id},
          {"task", d.task},
          {"models", d.models},
          {"images", d.images},
          {"raters", d.raters},
          {"trials", d.trials},
          {"practice", d.practice},
          {"catches", d.catches},
          {"controls", d.controls},
          {"repeats", d.repeats},
          {"exposure_ms", d.exposure_ms},
          {"zoom", d.zoom},
          {"low_res_zoom", d.low_res_zoom},
          {"margin", d.margin},
          {"seed", d.seed},
          {"rules",
           {{"max_catch_misses", d.rules.max_catch_misses},
            {"min_response_ms", d.rules.min_response_ms},
            {"max_focus_losses", d.rules.max_focus_losses},
            {"exposure_tolerance", d.rules.exposure_tolerance}}}};
}

StudyDesign parse_design(const nlohmann::json& json, const std::string& path) {
  StudyDesign d;
  Members fields(json, path);
  std::string format;
  nlohmann::json rules, history;
  fields.take("format", format);
  if (format != kFormat)
    throw DataError(cat("cannot read '", path, "': it is not a study of this version; make it again with plan"));
  fields.take("study", d.id);
  fields.take_between("task", d.task, 1, 2);
  fields.take("models", d.models);
  fields.take("images", d.images);
  fields.take("raters", d.raters);
  fields.take("trials", d.trials);
  fields.take("practice", d.practice);
  fields.take("catches", d.catches);
  fields.take("controls", d.controls);
  fields.take("repeats", d.repeats);
  fields.take("exposure_ms", d.exposure_ms);
  fields.take("zoom", d.zoom);
  fields.take("low_res_zoom", d.low_res_zoom);
  fields.take("margin", d.margin);
  fields.take("seed", d.seed);
  fields.take("rules", rules);
  fields.take_maybe("history", history);
  fields.done();
  Members rule(rules, path);
  rule.take("max_catch_misses", d.rules.max_catch_misses);
  rule.take("min_response_ms", d.rules.min_response_ms);
  rule.take("max_focus_losses", d.rules.max_focus_losses);
  rule.take("exposure_tolerance", d.rules.exposure_tolerance);
  rule.done();
  const bool hex = d.id.size() == 16 && d.id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hex || d.models.empty() || d.images.empty())
    throw DataError(cat("cannot read '", path, "': its id is invalid, or it has no models or no images"));
  try {
    d.validate();
  } catch (const UsageError& error) {
    throw DataError(cat("cannot read '", path, "': ", error.what()));
  }
  return d;
}

const char* kind_name(TrialKind kind) { return kKinds[static_cast<int>(kind)]; }

std::string trials_text(const StudyDesign& design, const std::vector<RaterPlan>& plans) {
  std::string text;
  for (size_t r = 0; r < plans.size(); ++r)
    for (size_t t = 0; t < plans[r].size(); ++t) {
      const PlannedTrial& trial = plans[r][t];
      nlohmann::ordered_json line = {{"rater", r + 1},
                                     {"trial", t + 1},
                                     {"kind", kind_name(trial.kind)},
                                     {"image", design.images[static_cast<size_t>(trial.image)]}};
      if (trial.kind != TrialKind::kCatch && trial.kind != TrialKind::kControl)
        line["model"] = design.models[static_cast<size_t>(trial.model)];
      line["real"] = trial.real_left ? "left" : "right";
      if (trial.kind == TrialKind::kRepeat) line["repeats"] = trial.repeats + 1;
      text += line.dump() + "\n";
    }
  return text;
}

std::vector<RaterPlan> parse_trials(const std::string& text, const StudyDesign& design, const std::string& path) {
  std::map<std::string, int64_t> image_places;
  for (size_t i = 0; i < design.images.size(); ++i) image_places.emplace(design.images[i], static_cast<int64_t>(i));
  std::vector<RaterPlan> plans(static_cast<size_t>(design.raters));
  int64_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string where = cat(path, ", line ", ++number);
    const nlohmann::json json = parse_json(std::string_view(text).substr(at, end - at), where, 1);
    at = end + 1;
    Members fields(json, where);
    PlannedTrial trial;
    int64_t rater = 0, place_in_list = 0;
    std::string kind, image, model, real;
    fields.take_between("rater", rater, 1, design.raters);
    fields.take_between("trial", place_in_list, 1, design.trials_in_all());
    fields.take("kind", kind);
    fields.take("image", image);
    fields.take("real", real);
    const auto found = std::find(std::begin(kKinds), std::end(kKinds), kind);
    if (found == std::end(kKinds))
      throw DataError(cat("cannot read '", where, "': unknown kind of trial '", kind, "'"));
    trial.kind = static_cast<TrialKind>(found - std::begin(kKinds));
    RaterPlan& plan = plans[static_cast<size_t>(rater - 1)];
    if (trial.kind != TrialKind::kCatch && trial.kind != TrialKind::kControl) {
      fields.take("model", model);
      trial.model = place(design.models, model, where);
    }
    if (trial.kind == TrialKind::kRepeat) {
      fields.take_between("repeats", trial.repeats, 1, static_cast<int64_t>(plan.size()));
      --trial.repeats;
    }
    fields.done();
    const auto known = image_places.find(image);
    if (known == image_places.end())
      throw DataError(cat("cannot read '", where, "': the study has no image '", image, "'"));
    trial.image = known->second;
    if (real != "left" && real != "right") throw DataError(cat("cannot read '", where, "': 'real' is left or right"));
    trial.real_left = real == "left";
    if (trial.repeats >= 0 && plan[static_cast<size_t>(trial.repeats)].image != trial.image)
      throw DataError(cat("cannot read '", where, "': trial ", trial.repeats + 1, " has another image"));
    if (place_in_list != static_cast<int64_t>(plan.size()) + 1)
      throw DataError(cat("cannot read '", where, "': trial ", place_in_list, " of rater ", rater, " is out of order"));
    plan.push_back(trial);
  }
  for (const RaterPlan& plan : plans)
    if (static_cast<int64_t>(plan.size()) != design.trials_in_all())
      throw DataError(
          cat("cannot read '", path, "': a rater has ", plan.size(), " trials instead of ", design.trials_in_all()));
  return plans;
}

}  // namespace sr3
