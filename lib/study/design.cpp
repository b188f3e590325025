#include "study/design.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/options.h"
#include "format/json.h"

namespace sr3 {
namespace {

constexpr const char* kFormat = "confusion-study 2";
constexpr const char* kKinds[] = {"practice", "main", "catch", "control", "repeat"};

// Of the options, and of the study.json that they become.
constexpr double kMaxTrials = 1000000;
constexpr Range kRaterCount = within(1, kMaxTrials), kTrialCount = within(1, kMaxTrials),
                kExtraCount = within(0, kMaxTrials);
constexpr Range kExposure = within(50, 60000), kZoom = within(1, 16), kMargin = between(0, 0.5), kRule = at_least(0);

int64_t place(const std::vector<std::string>& names, const std::string& name, const JsonObject& json) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw json.error(cat("the study has no '", name, "'"));
  return found - names.begin();
}

}  // namespace

void StudyRules::declare(Options& options) {
  options.add("max-catch-misses", 0, &max_catch_misses, "N", kRule, "leave out raters who miss more catch trials");
  options.add("min-response", 0, &min_response_ms, "MS", kRule, "leave out answers faster than this");
  options.add("max-focus-losses", 0, &max_focus_losses, "N", kRule, "leave out trials that lost the focus more often");
  options.add("exposure-tolerance", 0, &exposure_tolerance, "MS", kRule, "leave out trials shown longer or shorter");
}

void StudyDesign::declare(Options& options) {
  options.add("raters", 0, &raters, "N", kRaterCount, "raters, each with a list of trials");
  options.add("trials", 0, &trials, "N", kTrialCount, "main trials per rater, over all models");
  options.add("practice", 0, &practice, "N", kExtraCount, "practice trials before the others");
  options.add("catches", 0, &catches, "N", within(-1, kMaxTrials), "catch trials per rater; -1: a tenth of the trials");
  options.add("controls", 0, &controls, "N", kExtraCount, "trials per rater of a real image against itself");
  options.add("repeats", 0, &repeats, "N", kExtraCount, "trials per rater that are repeated with the sides exchanged");
  options.add("exposure", 0, &exposure_ms, "MS", kExposure, "how long images are shown");
  options.add("zoom", 0, &zoom, "N", kZoom, "show each pixel as N x N where the window has room");
  options.choice("low-res-zoom", 0, &low_res_zoom, {"bicubic", "nearest"}, "how low-resolution images are enlarged");
  options.add("margin", 0, &margin, "X", kMargin, "margin of the equivalence test; for power, of its goal");
}

void StudyDesign::validate() const {
  if (repeats > trials) throw UsageError(cat("--repeats ", repeats, " is more than --trials ", trials));
  if (raters * trial_count() > 10 * static_cast<int64_t>(kMaxTrials))
    throw UsageError("a study of more than ten million trials");
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

StudyDesign parse_design(const JsonObject& json) {
  StudyDesign d;
  if (json.get<std::string>("format") != kFormat)
    throw json.error("it is not a study of this version; make it again with plan");
  d.id = json.get<std::string>("study");
  d.task = json.get_within<int64_t>("task", within(1, 2));
  d.models = json.get<std::vector<std::string>>("models");
  d.images = json.get<std::vector<std::string>>("images");
  d.raters = json.get_within<int64_t>("raters", kRaterCount);
  d.trials = json.get_within<int64_t>("trials", kTrialCount);
  d.practice = json.get_within<int64_t>("practice", kExtraCount);
  d.catches = json.get_within<int64_t>("catches", kExtraCount);
  d.controls = json.get_within<int64_t>("controls", kExtraCount);
  d.repeats = json.get_within<int64_t>("repeats", kExtraCount);
  d.exposure_ms = json.get_within<int64_t>("exposure_ms", kExposure);
  d.zoom = json.get_within<int64_t>("zoom", kZoom);
  d.low_res_zoom = json.get<std::string>("low_res_zoom");
  d.margin = json.get_within<double>("margin", kMargin);
  d.seed = json.get<uint64_t>("seed");
  const auto rules = json.get<JsonObject>("rules");
  d.rules.max_catch_misses = rules.get_within<int64_t>("max_catch_misses", kRule);
  d.rules.min_response_ms = rules.get_within<int64_t>("min_response_ms", kRule);
  d.rules.max_focus_losses = rules.get_within<int64_t>("max_focus_losses", kRule);
  d.rules.exposure_tolerance = rules.get_within<int64_t>("exposure_tolerance", kRule);
  rules.refuse_unread();
  json.ignore("history");
  json.refuse_unread();
  const bool hex = d.id.size() == 16 && d.id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hex || d.models.empty() || d.images.empty())
    throw json.error("its id is invalid, or it has no models or no images");
  try {
    d.validate();
  } catch (const UsageError& error) {
    throw json.error(error.what());
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

namespace {

// One line of trials.jsonl, appended to its rater's plan.
void add_trial(const JsonObject& json, const StudyDesign& design, const std::map<std::string, int64_t>& image_places,
               std::vector<RaterPlan>& plans) {
  PlannedTrial trial;
  const int64_t rater = json.get_within<int64_t>("rater", within(1, static_cast<double>(design.raters)));
  const int64_t number = json.get_within<int64_t>("trial", within(1, static_cast<double>(design.trial_count())));
  const auto kind = json.get<std::string>("kind"), image = json.get<std::string>("image"),
             real = json.get<std::string>("real");
  const auto found = std::find(std::begin(kKinds), std::end(kKinds), kind);
  if (found == std::end(kKinds)) throw json.error(cat("'", kind, "' is not a kind of trial"));
  trial.kind = static_cast<TrialKind>(found - std::begin(kKinds));
  RaterPlan& plan = plans[static_cast<size_t>(rater - 1)];
  if (trial.kind != TrialKind::kCatch && trial.kind != TrialKind::kControl)
    trial.model = place(design.models, json.get<std::string>("model"), json);
  if (trial.kind == TrialKind::kRepeat)
    trial.repeats = json.get_within<int64_t>("repeats", within(1, static_cast<double>(plan.size()))) - 1;
  json.refuse_unread();
  const auto known = image_places.find(image);
  if (known == image_places.end()) throw json.error(cat("the study has no image '", image, "'"));
  trial.image = known->second;
  if (real != "left" && real != "right") throw json.wrong("real", "left or right");
  trial.real_left = real == "left";
  if (trial.repeats >= 0 && plan[static_cast<size_t>(trial.repeats)].image != trial.image)
    throw json.error(cat("trial ", trial.repeats + 1, " is of another image"));
  if (number != static_cast<int64_t>(plan.size()) + 1)
    throw json.error(cat("trial ", number, " of rater ", rater, " is out of order"));
  plan.push_back(trial);
}

}  // namespace

std::vector<RaterPlan> parse_trials(const std::string& text, const StudyDesign& design, const std::string& path) {
  std::map<std::string, int64_t> image_places;
  for (size_t i = 0; i < design.images.size(); ++i) image_places.emplace(design.images[i], static_cast<int64_t>(i));
  std::vector<RaterPlan> plans(static_cast<size_t>(design.raters));
  int64_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    add_trial(JsonObject::parse(line, cat(path, ", line ", ++number), 1), design, image_places, plans);
    at = end + 1;
  }
  for (const RaterPlan& plan : plans)
    if (static_cast<int64_t>(plan.size()) != design.trial_count())
      throw DataError(
          cat("cannot read '", path, "': a rater has ", plan.size(), " trials instead of ", design.trial_count()));
  return plans;
}

}  // namespace sr3
