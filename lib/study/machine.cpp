#include "study/machine.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/distribution.h"
#include "base/error.h"
#include "base/file.h"
#include "base/options.h"
#include "base/rng.h"
#include "format/json.h"
#include "image/codec.h"

namespace sr3 {
namespace {

constexpr const char* kScoresFormat = "confusion-scores 1";
// The mean absolute difference between neighbouring pixels.
double sharpness(const Image& image) {
  const auto at = [&](int64_t x, int64_t y, int64_t c) {
    return static_cast<double>(image.u8[static_cast<size_t>((y * image.width + x) * 3 + c)]);
  };
  double sum = 0, count = 0;
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x)
      for (int64_t c = 0; c < 3; ++c) {
        if (x > 0) sum += std::abs(at(x, y, c) - at(x - 1, y, c)), ++count;
        if (y > 0) sum += std::abs(at(x, y, c) - at(x, y - 1, c)), ++count;
      }
  return count > 0 ? sum / count : 0;
}

}  // namespace

void SyntheticOptions::declare(Options& options) {
  options.add("true-rate", 0, &rate, "X", within(0, 1), "synthetic: the confusion rate of the population");
  options.add("rater-share", 0, &rater_share, "X", within(0, 1),
              "synthetic: share of the variance that is the raters'");
  options.add("image-share", 0, &image_share, "X", within(0, 1),
              "synthetic: share of the variance that is the images'");
  options.add("side-bias", 0, &side_bias, "X", within(0, 1),
              "synthetic: share of trials answered 'left' whatever is shown");
  options.add("lapse", 0, &lapse, "X", within(0, 1), "synthetic: share of trials answered at random");
}

std::vector<Answer> synthetic_answers(const Study& study, const SyntheticOptions& o) {
  if (o.rater_share + o.image_share > 1) throw UsageError("--rater-share and --image-share are more than 1 together");
  const StudyDesign& design = study.design();
  const double threshold = normal_quantile(o.rate), own = std::sqrt(1 - o.rater_share - o.image_share);
  std::vector<double> image_effects;
  for (size_t i = 0; i < design.images.size(); ++i)
    image_effects.push_back(std::sqrt(o.image_share) * RandomStream(o.seed, i, kImageEffect).normal());
  std::vector<Answer> answers;
  for (int64_t rater = 0; rater < design.raters; ++rater) {
    const double effect =
        std::sqrt(o.rater_share) * RandomStream(o.seed, static_cast<uint64_t>(rater), kRaterEffect).normal();
    RandomStream random(o.seed, static_cast<uint64_t>(rater), kJudgement);
    const RaterPlan& plan = study.plan(rater);
    std::map<int64_t, bool> said;  // earlier answers, for the trials that are repeated
    for (size_t t = 0; t < plan.size(); ++t) {
      const PlannedTrial& trial = plan[t];
      const double deviate =
          threshold + effect + image_effects[static_cast<size_t>(trial.image)] + own * random.normal();
      bool fooled = deviate > 0;
      if (trial.kind == TrialKind::kCatch) fooled = false;
      if (trial.kind == TrialKind::kControl) fooled = random.below(2) == 1;
      if (trial.kind == TrialKind::kRepeat) fooled = said[trial.repeats];
      Answer answer;
      answer.left = fooled ? !trial.real_left : trial.real_left;
      if (random.uniform() < o.lapse) answer.left = random.below(2) == 1;
      if (random.uniform() < o.side_bias) answer.left = true;
      said[static_cast<int64_t>(t)] = answer.left != trial.real_left;
      answer.study = design.id;
      answer.session = "0000000000000000";
      answer.machine = true;
      answer.machine_name = "synthetic";
      answer.rater = rater + 1;
      answer.trial = static_cast<int64_t>(t) + 1;
      answer.offset = static_cast<double>(design.exposure_ms);
      answer.response = 600;
      answers.push_back(answer);
    }
  }
  return answers;
}

MachineScores sharpness_scores(const Study& study) {
  MachineScores scores{study.design().id, "sharpness", {}};
  const auto of = [&](int64_t image, int64_t model) {
    return sharpness(decode(study.image_bytes(image, model), study.image_path(image, model), {}));
  };
  for (int64_t i = 0; i < static_cast<int64_t>(study.design().images.size()); ++i) {
    const double real = of(i, -1);
    for (int64_t m = 0; m < static_cast<int64_t>(study.design().models.size()); ++m)
      scores.pairs.push_back({m, i, real, of(i, m)});
  }
  return scores;
}

void MachineOptions::declare(Options& options) {
  options.choice("rater", 0, &rater, {"synthetic", "detector", "sharpness"}, "who rates");
  synthetic.declare(options);
  detector.declare(options);
}

bool rate(const Study& study, MachineOptions options, std::string path, const RateProgress& progress) {
  if (options.rater.empty()) throw UsageError("rate needs --rater synthetic, detector or sharpness");
  options.synthetic.seed = options.detector.seed = options.seed;
  if (path.empty()) {
    path = cat(study.folder(), "/machine/", options.rater, ".jsonl");
    make_folder(study.folder() + "/machine");
  }
  study.refuse_own_file(path);
  check_writable(path);
  if (options.rater == "synthetic") {
    std::string text;
    for (const Answer& answer : synthetic_answers(study, options.synthetic)) text += answer_line(answer) + "\n";
    write_file(path, text);
    return true;
  }
  const MachineScores scores =
      options.rater == "sharpness" ? sharpness_scores(study) : detector_scores(study, options.detector, progress);
  if (scores.pairs.empty()) return false;
  write_scores(path, study, scores);
  return true;
}

void write_scores(const std::string& path, const Study& study, const MachineScores& scores) {
  const StudyDesign& design = study.design();
  std::string text = compact_json({{"format", kScoresFormat},
                                   {"study", scores.study},
                                   {"rater_kind", "machine"},
                                   {"machine", scores.machine}}) +
                     "\n";
  for (const PairScore& pair : scores.pairs)
    text += compact_json({{"model", design.models[static_cast<size_t>(pair.model)]},
                          {"image", design.images[static_cast<size_t>(pair.image)]},
                          {"real", pair.real},
                          {"generated", pair.generated}}) +
            "\n";
  write_file(path, text);
}

bool read_scores(const std::string& path, const Study& study, MachineScores& scores) {
  const std::string text = read_text(path);
  if (text.rfind(cat("{\"format\":\"", kScoresFormat), 0) != 0) return false;
  const StudyDesign& design = study.design();
  std::map<std::string, int64_t> models, images;
  for (const std::string& name : design.models) models.emplace(name, static_cast<int64_t>(models.size()));
  for (const std::string& name : design.images) images.emplace(name, static_cast<int64_t>(images.size()));
  std::map<std::pair<int64_t, int64_t>, bool> met;
  int64_t number = 0;
  scores = {};
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const std::string where = cat(path, ", line ", ++number);
    if (end == std::string::npos) throw DataError(cat("cannot read '", where, "': cut short"));
    const JsonObject json = JsonObject::parse(std::string_view(text).substr(at, end - at), where, 1);
    at = end + 1;
    if (number == 1) {
      json.get<std::string>("format");
      scores.study = json.get<std::string>("study");
      const auto kind = json.get<std::string>("rater_kind");
      scores.machine = json.get<std::string>("machine");
      json.refuse_unread();
      if (kind != "machine") throw json.wrong("rater_kind", "machine");
      if (scores.study != design.id)
        throw DataError(cat("'", path, "' has scores of the study ", scores.study, ", not of ", design.id));
      continue;
    }
    PairScore pair;
    const auto model = json.get<std::string>("model"), image = json.get<std::string>("image");
    pair.real = json.get<double>("real");
    pair.generated = json.get<double>("generated");
    json.refuse_unread();
    if (!models.count(model) || !images.count(image))
      throw json.error(cat("the study has no '", models.count(model) ? image : model, "'"));
    pair.model = models[model], pair.image = images[image];
    if (!met.emplace(std::pair(pair.model, pair.image), true).second)
      throw json.error(cat("a second score of '", image, "'"));
    scores.pairs.push_back(pair);
  }
  return true;
}

}  // namespace sr3
