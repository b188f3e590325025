#include "study/plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "tiny_study.h"

using namespace sr3;

namespace {

StudyDesign design_of(int64_t images, int64_t models, int64_t raters, int64_t trials) {
  StudyDesign design;
  design.id = std::string(16, 'a');
  for (int64_t i = 0; i < images; ++i) design.images.push_back("i" + std::to_string(i));
  for (int64_t m = 0; m < models; ++m) design.models.push_back("m" + std::to_string(m));
  design.raters = raters, design.trials = trials, design.catches = (trials + 5) / 10;
  return design;
}

struct Counts {
  std::map<int64_t, int64_t> images;
  std::map<std::pair<int64_t, int64_t>, int64_t> cells, lefts;
  int64_t uneven_models = 0;  // within a list
  int64_t spread() const {
    const auto [low, high] =
        std::minmax_element(images.begin(), images.end(), [](auto& a, auto& b) { return a.second < b.second; });
    return high->second - low->second;
  }
};

Counts check_lists(const StudyDesign& design, const std::vector<RaterPlan>& plans) {
  Counts counts;
  for (const RaterPlan& plan : plans) {
    std::set<int64_t> seen;
    std::map<TrialKind, int64_t> kinds;
    std::map<int64_t, int64_t> of_model, left_of_model;
    int64_t left = 0;
    const size_t gap = (plan.size() - static_cast<size_t>(design.practice + design.repeats) + 3) / 4;
    for (size_t t = 0; t < plan.size(); ++t) {
      const PlannedTrial& trial = plan[t];
      ++kinds[trial.kind];
      if (trial.kind == TrialKind::kRepeat) {
        const PlannedTrial& first = plan[static_cast<size_t>(trial.repeats)];
        CHECK(first.kind == TrialKind::kMain);
        CHECK(first.image == trial.image);
        CHECK(first.model == trial.model);
        CHECK(first.real_left != trial.real_left);
        CHECK(trial.repeats + static_cast<int64_t>(gap) <= static_cast<int64_t>(t));
        continue;
      }
      CHECK(seen.insert(trial.image).second);
      CHECK((trial.kind == TrialKind::kPractice) == (t < static_cast<size_t>(design.practice)));
      if (trial.kind != TrialKind::kMain) continue;
      ++counts.images[trial.image], ++counts.cells[{trial.image, trial.model}], ++of_model[trial.model];
      left += trial.real_left, left_of_model[trial.model] += trial.real_left;
      counts.lefts[{trial.image, trial.model}] += trial.real_left;
    }
    CHECK(kinds[TrialKind::kMain] == design.trials);
    CHECK(kinds[TrialKind::kCatch] == design.catches);
    CHECK(kinds[TrialKind::kControl] == design.controls);
    CHECK(kinds[TrialKind::kRepeat] == design.repeats);
    CHECK(std::abs(2 * left - design.trials) <= design.trials % 2);
    int64_t fewest = design.trials, most = 0;
    for (int64_t m = 0; m < static_cast<int64_t>(design.models.size()); ++m) {
      fewest = std::min(fewest, of_model[m]), most = std::max(most, of_model[m]);
      CHECK(std::abs(2 * left_of_model[m] - of_model[m]) <= 1);
    }
    counts.uneven_models = std::max(counts.uneven_models, most - fewest);
  }
  return counts;
}

}  // namespace

TEST_CASE("Plan: SR3's design shows each of 100 images exactly 25 times") {
  const StudyDesign design = design_of(100, 1, 50, 50);
  const Counts counts = check_lists(design, plan_trials(design, design.seed));
  CHECK(counts.images.size() == 100);
  for (const auto& [image, n] : counts.images) CHECK(n == 25);
  for (const auto& [cell, n] : counts.lefts) CHECK(std::abs(2 * n - 25) <= 3);
}

TEST_CASE("Plan: images, models and sides are balanced as far as the numbers divide evenly") {
  for (const auto& [images, models, raters, trials] : {std::tuple<int64_t, int64_t, int64_t, int64_t>{40, 2, 12, 20},
                                                       {33, 3, 7, 17},
                                                       {100, 3, 50, 50},
                                                       {60, 5, 40, 33},
                                                       {24, 3, 20, 20},
                                                       {30, 4, 30, 10},
                                                       {17, 1, 5, 10}}) {
    CAPTURE(images);
    StudyDesign design = design_of(images, models, raters, trials);
    design.practice = 1, design.controls = 1, design.catches = 2;
    const Counts counts = check_lists(design, plan_trials(design, design.seed));
    CHECK(counts.spread() <= 1);
    CHECK(counts.uneven_models <= 1);
    for (int64_t i = 0; i < images; ++i) {
      int64_t low = INT64_MAX, high = 0;
      for (int64_t m = 0; m < models; ++m) {
        const auto found = counts.cells.find({i, m});
        const int64_t n = found == counts.cells.end() ? 0 : found->second;
        low = std::min(low, n), high = std::max(high, n);
      }
      CHECK(high - low <= 1);
    }
  }
}

TEST_CASE("Plan: if nearly all images are shown to each rater, lists and sides are still balanced") {
  for (const auto& [images, models, raters, trials] : {std::tuple<int64_t, int64_t, int64_t, int64_t>{300, 3, 50, 298},
                                                       {100, 3, 50, 96},
                                                       {60, 6, 40, 57},
                                                       {17, 5, 25, 6},
                                                       {26, 6, 100, 10},
                                                       {8, 3, 100, 2},
                                                       {60, 2, 400, 1}}) {
    CAPTURE(images);
    CAPTURE(models);
    StudyDesign design = design_of(images, models, raters, trials);
    design.practice = design.controls = design.catches = design.repeats = 0;
    const Counts counts = check_lists(design, plan_trials(design, design.seed));
    CHECK(counts.spread() <= 1);
    CHECK(counts.uneven_models <= 1);
    for (int64_t m = 0; m < models; ++m) {
      int64_t lead = 0;
      for (int64_t i = 0; i < images; ++i) {
        const auto n = [](const auto& map, int64_t image, int64_t model) {
          const auto found = map.find({image, model});
          return found == map.end() ? 0 : found->second;
        };
        lead += 2 * n(counts.lefts, i, m) - n(counts.cells, i, m);
        for (int64_t other = 0; other < models; ++other) CHECK(n(counts.cells, i, m) - n(counts.cells, i, other) <= 2);
      }
      CHECK(std::abs(lead) <= 2);
    }
  }
}

TEST_CASE("Plan: a function of the seed, with different lists in different orders") {
  StudyDesign design = design_of(60, 2, 3, 20);
  const auto text = [&] { return trials_text(design, plan_trials(design, design.seed)); };
  const std::string first = text();
  CHECK(first == text());
  design.seed = 1;
  CHECK(first != text());
  // A written plan is read back; a changed line is refused.
  design.seed = 0;
  CHECK(trials_text(design, parse_trials(first, design, "t")) == first);
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"\"trial\":2,", "\"trial\":3,"},
                                 {"\"rater\":3,", "\"rater\":9,"},
                                 {"\"image\":\"i7\"", "\"image\":\"i700\""},
                                 {"\"real\":\"left\"", "\"real\":\"up\""},
                                 {"\"kind\":\"main\"", "\"kind\":\"mean\""},
                                 {"\"model\":\"m1\"", "\"model\":1"}}) {
    std::string damaged = first;
    const size_t at = damaged.find(from);
    REQUIRE(at != std::string::npos);
    CHECK_THROWS_AS(parse_trials(damaged.replace(at, from.size(), to), design, "t"), DataError);
  }
  CHECK_THROWS_AS(parse_trials(first.substr(0, first.rfind('{')), design, "t"), DataError);
}

TEST_CASE("Plan: too few images are refused, with their numbers") {
  StudyDesign design = design_of(20, 1, 2, 20);
  CHECK_THROWS_WITH_AS(
      plan_trials(design, design.seed),
      doctest::Contains("20 images are too few: a rater sees each once, in 20 main, 4 practice, 2 catch and 2"),
      UsageError);
  design.trials = 12, design.catches = 2;
  CHECK_NOTHROW(plan_trials(design, design.seed));
}

TEST_CASE("Study: images have the same length and header, and the right pixels on each side") {
  const samples::Folder scratch;
  const Study study = tiny_study(scratch);
  const auto pixels = [](const Bytes& bytes) { return decode(bytes, "picture", {}).u8; };
  size_t length = 0;
  for (int64_t r = 0; r < 4; ++r)
    for (const PlannedTrial& trial : study.plan(r)) {
      const Bytes left = study.picture(trial, "left"), right = study.picture(trial, "right");
      if (length == 0) length = left.size();
      CHECK(left.size() == length);
      CHECK(right.size() == length);
      CHECK(std::equal(left.begin(), left.begin() + 43, right.begin()));  // signature, IHDR, length and head of IDAT
      const auto real = pixels(trial.real_left ? left : right), other = pixels(trial.real_left ? right : left);
      CHECK(real == pixels(read_file(study.image_path(trial.image, -1))));
      if (trial.kind == TrialKind::kControl) CHECK(other == real);
      if (trial.kind == TrialKind::kCatch) CHECK(other != real);
      if (trial.kind == TrialKind::kMain) CHECK(other == pixels(read_file(study.image_path(trial.image, trial.model))));
    }
  CHECK(study.design().models == std::vector<std::string>{"alpha", "beta"});
  CHECK(study.design().images.size() == 12);
  CHECK(study.design().id.size() == 16);
}

TEST_CASE("Study: damage to study.json is an error with the file's name") {
  const samples::Folder scratch;
  const Study study = tiny_study(scratch);
  const std::string path = scratch.path + "study/study.json", good = read_text(path);
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"\"task\": 2", "\"task\": 3"},
                                 {"\"raters\": 4", "\"raters\": 5"},
                                 {"\"raters\": 4", "\"raters\": -4"},
                                 {"\"margin\": 0.05", "\"margin\": \"small\""},
                                 {"\"exposure_ms\": 3000", "\"exposure\": 3000"},
                                 {"confusion-study 2", "confusion-study 1"},
                                 {"{", "["}}) {
    std::string damaged = good;
    const size_t at = damaged.find(from);
    REQUIRE(at != std::string::npos);
    write_file(path, damaged.replace(at, from.size(), to));
    CHECK_THROWS_AS(Study(scratch.path + "study"), DataError);
  }
  write_file(path, good);
  CHECK_NOTHROW(Study(scratch.path + "study"));
  std::filesystem::remove(path);
  CHECK_THROWS_WITH_AS(Study(scratch.path + "study"), doctest::Contains("is not a study"), Error);
}

TEST_CASE("Study: changes after the plan are detected, in the rules, the key or an image") {
  const samples::Folder scratch;
  const std::string folder = tiny_study(scratch).folder();
  const auto change = [&](const std::string& file, const std::string& from, const std::string& to) {
    std::string text = read_text(folder + "/" + file);
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    write_file(folder + "/" + file, text.replace(at, from.size(), to));
  };
  for (const auto& [file, from, to] : {std::tuple<std::string, std::string, std::string>{
                                           "study.json", "\"min_response_ms\": 200", "\"min_response_ms\": 20"},
                                       {"study.json", "\"margin\": 0.05", "\"margin\": 0.1"},
                                       {"trials.jsonl", "\"real\":\"left\"", "\"real\":\"right\""},
                                       {"images.sha256", "000003-real", "000999-real"}}) {
    const std::string good = read_text(folder + "/" + file);
    change(file, from, to);
    CHECK_THROWS_WITH_AS(Study{folder}, doctest::Contains("is no longer the study"), DataError);
    write_file(folder + "/" + file, good);
    CHECK_NOTHROW(Study{folder});
  }
  change("images.sha256", "  images/", " images/");
  CHECK_THROWS_WITH_AS(Study{folder}, doctest::Contains("not a line of sha256sum"), DataError);
  change("images.sha256", " images/", "  images/");
  const Study study(folder);
  const std::string path = study.image_path(0, -1), good = read_text(path);
  write_file(path, read_text(study.image_path(1, -1)));
  CHECK_THROWS_WITH_AS(study.image_bytes(0, -1), doctest::Contains("not the image that plan wrote"), DataError);
  write_file(path, good);
  CHECK_NOTHROW(study.image_bytes(0, -1));
}

TEST_CASE("Study: the name of a model may be any text") {
  const samples::Folder scratch;
  PlanInputs inputs;
  inputs.real = tiny_images(scratch, "real", 12, 3);
  inputs.models = {tiny_images(scratch, "alpha", 12, 5)};
  for (const std::string name : {"tab\there", "line\nbreak", "latin \xe9", "\x7f"}) {
    inputs.names = {name};
    int status = 0;
    CHECK_THROWS_WITH_AS(make_study(inputs, tiny_design(), scratch.path + "study", &status),
                         doctest::Contains("is not UTF-8 or has control characters"), UsageError);
  }
}
