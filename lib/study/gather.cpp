#include "study/gather.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "study/study.h"

namespace sr3 {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHuman = "human";
constexpr const char* kTwice = "answered twice";
constexpr const char* kCut = "cut short";
constexpr const char* kDamaged = "damaged";
constexpr const char* kOther = "of another study";

std::string raters_of(const Answer& answer) { return answer.machine ? cat("machine ", answer.machine_name) : kHuman; }

std::string rule_against(const Answer& answer, const StudyDesign& design) {
  const StudyRules& rules = design.rules;
  if (answer.machine) return "";
  if (answer.showings > 1) return "shown more than once";
  if (answer.focus_losses > rules.max_focus_losses) return "lost the focus";
  const double off = std::abs(answer.offset - answer.onset - static_cast<double>(design.exposure_ms));
  if (off > static_cast<double>(rules.exposure_tolerance)) return "exposure was off";
  if (answer.response < static_cast<double>(rules.min_response_ms)) return "answered too fast";
  return "";
}

// A study with the answers read so far.
struct Opened {
  Study study;
  std::map<std::string, AnswerSet> sets;  // by kind of raters
  // By kind of raters: the number of each (session, rater).
  std::map<std::string, std::map<std::pair<std::string, int64_t>, int64_t>> raters;
  std::set<std::tuple<std::string, std::string, int64_t, int64_t>> seen;  // (kind of raters, session, rater, trial)

  explicit Opened(const std::string& folder) : study(folder) {}

  AnswerSet& set(const std::string& raters) {
    AnswerSet& found = sets[raters];
    if (!found.study.empty()) return found;
    const StudyDesign& design = study.design();
    found.study = design.id, found.task = design.task, found.raters = raters, found.margin = design.margin;
    found.models = design.models, found.images = design.images;
    found.timed = raters == kHuman;
    return found;
  }

  void add(const Answer& answer, const std::string& path) {
    const std::string who = raters_of(answer);
    AnswerSet& to = set(who);
    const StudyDesign& design = study.design();
    if (answer.rater > design.raters || answer.trial > design.trial_count())
      throw DataError(cat("'", path, "' has an answer of rater ", answer.rater, " to trial ", answer.trial,
                          ", which is beyond the plan"));
    if (!seen.emplace(who, answer.session, answer.rater, answer.trial).second) {
      ++to.dropped[kTwice];
      return;
    }
    auto& numbers = raters[who];
    const auto number = numbers.emplace(std::pair(answer.session, answer.rater), static_cast<int64_t>(numbers.size()));
    const PlannedTrial& trial = study.plan(answer.rater - 1)[static_cast<size_t>(answer.trial - 1)];
    Judged judged;
    judged.rater = number.first->second;
    judged.image = trial.image, judged.model = trial.model, judged.kind = trial.kind;
    judged.left = answer.left;
    judged.fooled = answer.left != trial.real_left;
    judged.response = answer.response;
    judged.trial = answer.trial - 1, judged.repeats = trial.repeats;
    judged.excluded = rule_against(answer, design);
    to.judged.push_back(judged);
  }

  // Excludes raters who missed too many catch trials; called when all answers have been read.
  void exclude_raters() {
    for (auto& [who, set] : sets) {
      std::map<int64_t, int64_t> misses;
      for (const Judged& j : set.judged)
        if (j.kind == TrialKind::kCatch && j.fooled) ++misses[j.rater];
      for (Judged& j : set.judged)
        if (misses[j.rater] > study.design().rules.max_catch_misses && set.timed)
          j.excluded = "rater missed catch trials";
    }
  }
};

class Gathering {
 public:
  explicit Gathering(bool keep_going) : keep_going_(keep_going) {}

  Opened& open(const std::string& folder) {
    Opened*& known = folders_[fs::weakly_canonical(folder).string()];
    if (known) return *known;
    auto opened = std::make_unique<Opened>(folder);
    Opened& found = *(studies_.emplace(opened->study.design().id, std::move(opened)).first->second);
    if (!first_) first_ = &found;
    return *(known = &found);
  }

  void add_folder(const std::string& folder) {
    open(folder);
    for (const char* part : {"/answers", "/machine"}) {
      std::vector<std::string> paths;
      std::error_code none;
      for (const auto& entry : fs::directory_iterator(folder + part, none))
        if (entry.path().extension() == ".jsonl") paths.push_back(entry.path().string());
      std::sort(paths.begin(), paths.end());
      for (const std::string& path : paths) add_file(path);
    }
  }

  // Opens the study in whose folder the file lies, if it lies in one.
  void find_study(const std::string& path) {
    const fs::path above = fs::path(path).parent_path();
    for (const fs::path& folder : {above / "..", above.empty() ? fs::path(".") : above})
      if (fs::exists(folder / "study.json")) open(folder.lexically_normal().string());
  }

  void add_file(const std::string& path) {
    for (const auto& [id, opened] : studies_) {
      MachineScores scores;
      try {
        if (!read_scores(path, opened->study, scores)) break;
      } catch (const DataError&) {
        if (studies_.size() == 1) throw;
        continue;
      }
      opened->set(cat("machine ", scores.machine)).pairs = scores.pairs;
      return;
    }
    const AnswersFile file = read_answers(path);
    const auto drop = [&](const std::string& what, const char* reason) { this->drop(file, what, reason); };
    for (const std::string& damage : file.damaged) drop(damage, kDamaged);
    if (file.cut) {
      warn(cat("the last line of '", path, "' is cut short and is not counted"));
      ++set_of(file).dropped[kCut];
    }
    std::map<std::string, int64_t> lists;  // session -> rater
    for (const SessionHead& head : file.heads) lists.emplace(head.session, head.rater);
    for (const Answer& answer : file.answers) {
      const auto list = lists.find(answer.session);
      if (list != lists.end() && list->second != answer.rater) {
        drop(cat("'", path, "' has an answer of rater ", answer.rater, " in the session of rater ", list->second),
             kDamaged);
        continue;
      }
      const auto found = studies_.find(answer.study);
      if (found == studies_.end())
        drop(cat("'", path, "' has answers of the study ", answer.study, ", which is not one of those given"), kOther);
      else
        try {
          found->second->add(answer, path);
        } catch (const DataError& error) {
          drop(error.what(), kDamaged);
        }
    }
  }

  bool any() const { return first_ != nullptr; }

  std::vector<AnswerSet> finish() {
    std::vector<AnswerSet> out;
    for (auto& [id, opened] : studies_) {
      opened->exclude_raters();
      for (auto& [who, set] : opened->sets) out.push_back(std::move(set));
    }
    return out;
  }

 private:
  // The set in which the faults of a file are counted: that of its first answer.
  AnswerSet& set_of(const AnswersFile& file) {
    if (file.answers.empty()) return first_->set(kHuman);
    const auto found = studies_.find(file.answers[0].study);
    return (found == studies_.end() ? *first_ : *found->second).set(raters_of(file.answers[0]));
  }

  void drop(const AnswersFile& file, const std::string& what, const char* reason) {
    if (!keep_going_) throw DataError(cat(what, " (--keep-going leaves such lines out)"));
    if (told_.insert(what).second && told_.size() <= 10) warn(what);
    ++set_of(file).dropped[reason];
  }

  bool keep_going_;
  std::map<std::string, std::unique_ptr<Opened>> studies_;
  std::map<std::string, Opened*> folders_;  // canonical
  Opened* first_ = nullptr;
  std::set<std::string> told_;
};

}  // namespace

std::vector<AnswerSet> gather_answers(const std::vector<std::string>& operands, bool keep_going) {
  if (operands.empty()) throw UsageError("nothing to score: give a study's folder, or files of answers");
  Gathering gathering(keep_going);
  for (const std::string& operand : operands)
    if (fs::is_directory(operand)) gathering.add_folder(operand);
  for (const std::string& operand : operands) {
    if (fs::is_directory(operand)) continue;
    if (!fs::exists(operand)) throw Error(cat("cannot open '", operand, "': ", std::strerror(ENOENT)));
    gathering.find_study(operand);
    if (!gathering.any())
      throw UsageError(
          cat("cannot score '", operand, "' without its study: give the study's folder too, which has the key"));
    gathering.add_file(operand);
  }
  return gathering.finish();
}

bool skipped_damage(const std::vector<AnswerSet>& sets) {
  return std::any_of(sets.begin(), sets.end(), [](const AnswerSet& set) {
    return set.dropped.contains(kDamaged) || set.dropped.contains(kOther);
  });
}

}  // namespace sr3
