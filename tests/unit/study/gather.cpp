#include "study/gather.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/relative.h"
#include "study/score.h"
#include "tiny_study.h"

using namespace sr3;

namespace {

// The answers of rater r to all trials of the list; `wrong` determines which are wrong.
template <class Wrong>
std::vector<Answer> answers_of(const Study& study, int64_t rater, Wrong wrong) {
  std::vector<Answer> out;
  const RaterPlan& plan = study.plan(rater - 1);
  for (size_t t = 0; t < plan.size(); ++t) {
    Answer a;
    a.study = study.design().id;
    a.session = "000000000000000" + std::to_string(rater);
    a.rater = rater, a.trial = static_cast<int64_t>(t) + 1;
    a.left = plan[t].real_left != wrong(plan[t], t);
    a.onset = 100, a.offset = 3100, a.response = 700;
    out.push_back(a);
  }
  return out;
}

std::string text_of(const std::vector<Answer>& answers) {
  std::string text;
  for (const Answer& a : answers) text += answer_line(a) + "\n";
  return text;
}

int64_t kept(const AnswerSet& set, TrialKind kind) {
  return std::count_if(set.judged.begin(), set.judged.end(),
                       [&](const Judged& j) { return j.kind == kind && j.excluded.empty(); });
}

int64_t excluded(const AnswerSet& set, const std::string& why) {
  return std::count_if(set.judged.begin(), set.judged.end(), [&](const Judged& j) { return j.excluded == why; });
}

}  // namespace

TEST_CASE("Gather: answers are matched with their key; rules mark answers, and never use those of main trials") {
  const samples::Folder scratch;
  const Study study = tiny_study(scratch);
  const std::string folder = scratch.path + "study", file = scratch.path + "study/answers/a.jsonl";
  std::filesystem::create_directories(folder + "/answers");
  // Rater 1 is fooled only by model 1 in main trials. Rater 2 misses both catch trials. Rater 3 breaks one rule per trial.
  std::vector<Answer> all = answers_of(study, 1, [](const PlannedTrial& t, size_t) {
    return t.model == 1 && (t.kind == TrialKind::kMain || t.kind == TrialKind::kRepeat);
  });
  const auto second = answers_of(study, 2, [](const PlannedTrial& t, size_t) { return t.kind == TrialKind::kCatch; });
  auto third = answers_of(study, 3, [](const PlannedTrial&, size_t) { return false; });
  std::vector<size_t> mains;
  for (size_t t = 0; t < third.size(); ++t)
    if (study.plan(2)[t].kind == TrialKind::kMain) mains.push_back(t);
  third[mains[0]].response = 199;
  third[mains[1]].offset = 3151;
  third[mains[2]].focus_losses = 1;
  third[mains[3]].showings = 2;
  third[mains[4]].response = 200, third[mains[4]].offset = 3149;  // within the rules
  all.insert(all.end(), second.begin(), second.end());
  all.insert(all.end(), third.begin(), third.end());
  write_file(file, text_of(all));
  const std::vector<AnswerSet> sets = gather_answers({folder}, false);
  REQUIRE(sets.size() == 1);
  const AnswerSet& set = sets[0];
  CHECK(set.raters == "human");
  CHECK(set.judged.size() == 36);
  CHECK(excluded(set, "rater missed catch trials") == 12);
  CHECK(excluded(set, "answered too fast") == 1);
  CHECK(excluded(set, "exposure was off") == 1);
  CHECK(excluded(set, "lost the focus") == 1);
  CHECK(excluded(set, "shown more than once") == 1);
  CHECK(kept(set, TrialKind::kMain) == 6 + 2);
  for (const Judged& j : set.judged)
    if (j.rater == 0 && j.kind == TrialKind::kMain) CHECK(j.fooled == (j.model == 1));

  const auto tables = score_tables(sets, {});
  const auto row = [&](const std::string& model, const std::string& answers) {
    for (const auto& r : tables[0].rows)
      if (r["model"] == model && r["answers"] == answers) return r;
    return nlohmann::ordered_json();
  };
  int64_t of_beta = 0;
  for (const PlannedTrial& t : study.plan(0)) of_beta += t.kind == TrialKind::kMain && t.model == 1;
  CHECK(row("beta", "kept")["fooled"] == of_beta);
  CHECK(row("beta", "all")["fooled"] == of_beta);
  CHECK(row("alpha", "kept")["fooled"] == 0);
  CHECK(row("alpha", "kept")["trials"].get<int64_t>() + row("beta", "kept")["trials"].get<int64_t>() == 8);
  CHECK(row("alpha", "all")["trials"].get<int64_t>() + row("beta", "all")["trials"].get<int64_t>() == 18);
  for (const char* key : {"model", "task", "fooled", "trials", "rate", "low", "high"})
    CHECK(row("beta", "kept").contains(key));
}

TEST_CASE("Gather: answers that are duplicate, truncated, damaged, not in the plan, or of another study") {
  const samples::Folder scratch;
  const Study study = tiny_study(scratch);
  const std::string folder = scratch.path + "study", file = scratch.path + "answers.jsonl";
  const std::vector<Answer> all = answers_of(study, 1, [](const PlannedTrial&, size_t t) { return t % 2 == 0; });
  const std::string good = text_of(all);
  const auto gathered = [&](const std::string& text, bool keep_going) {
    write_file(file, text);
    return gather_answers({folder, file}, keep_going)[0];
  };
  CHECK(gathered(good, false).judged.size() == 12);
  CHECK_THROWS_WITH_AS(gather_answers({file}, false), doctest::Contains("give the study's folder too"), UsageError);

  Answer changed = all[3];
  changed.left = !changed.left;
  const AnswerSet twice = gathered(good + text_of({changed}) + good, false);
  CHECK(twice.judged.size() == 12);
  CHECK(twice.dropped.at("answered twice") == 13);
  CHECK(twice.judged[3].left == all[3].left);  // the first counts

  const AnswerSet cut = gathered(good + answer_line(changed).substr(0, 40), false);
  CHECK(cut.judged.size() == 12);
  CHECK(cut.dropped.at("cut short") == 1);

  CHECK_THROWS_WITH_AS(gathered(good + "{}\n", false), doctest::Contains("line 13"), DataError);
  CHECK(gathered(good + "{}\nx\n", true).dropped.at("damaged") == 2);

  Answer beyond = all[0];
  beyond.rater = 5;
  CHECK_THROWS_WITH_AS(gathered(text_of({beyond}), false), doctest::Contains("beyond the plan"), DataError);
  beyond.rater = 1, beyond.trial = 13;
  CHECK_THROWS_AS(gathered(text_of({beyond}), false), DataError);

  // A session has only one list.
  SessionHead head{study.design().id, all[0].session, "", 2, "", "", utc_now()};
  CHECK_THROWS_WITH_AS(gathered(head_line(head) + "\n" + good, false),
                       doctest::Contains("an answer of rater 1 in the session of rater 2"), DataError);
  head.rater = 1;
  CHECK(gathered(head_line(head) + "\n" + good, false).judged.size() == 12);

  Answer stranger = all[0];
  stranger.study = "0123456789abcdef";
  CHECK_THROWS_WITH_AS(gathered(good + text_of({stranger}), false), doctest::Contains("0123456789abcdef"), DataError);
  const AnswerSet rest = gathered(good + text_of({stranger}), true);
  CHECK(rest.judged.size() == 12);
  CHECK(rest.dropped.at("of another study") == 1);
}

TEST_CASE("Gather: tables of other studies") {
  const samples::Folder scratch;
  const std::string path = scratch.path + "t.csv";
  const auto gathered = [&](const std::string& text, bool keep_going = false) {
    write_file(path, text);
    return gather_csv({path}, keep_going);
  };
  const auto sets = gathered(
      "\xef\xbb\xbf"
      "fooled,rater,extra,image,\"model\",task\r\n1,r1,x,a,\"m, \"\"one\"\"\",2\r\n0,r1,x,b,n,1\r\n"
      "true,r2,,a,\"m, \"\"one\"\"\",2\r\n0,r2,,a,\"m, \"\"one\"\"\",2\r\n");
  REQUIRE(sets.size() == 2);
  CHECK(sets[0].task == 1);
  CHECK(sets[1].models == std::vector<std::string>{"m, \"one\""});
  CHECK(sets[1].judged.size() == 2);
  CHECK(sets[1].judged[1].fooled);
  CHECK(sets[1].dropped.at("answered twice") == 1);
  CHECK_THROWS_WITH_AS(gathered("rater,image,model,fooled\n"), doctest::Contains("not name a column 'task'"),
                       DataError);
  CHECK_THROWS_WITH_AS(gathered(""), doctest::Contains("it is empty"), DataError);
  const std::string head = "rater,image,model,task,fooled\n";
  CHECK_THROWS_WITH_AS(gathered(head + "r,i,m,2,1\nr,i,m,2\n"), doctest::Contains("line 3': 4 fields instead of 5"),
                       DataError);
  CHECK_THROWS_WITH_AS(gathered(head + "r,i,caf\xe9,2,1\n"), doctest::Contains("line 2': model is not UTF-8"),
                       DataError);
  CHECK_THROWS_WITH_AS(gathered(head + "r,i\t,m,2,1\n"), doctest::Contains("line 2': image is not UTF-8"), DataError);
  CHECK_THROWS_WITH_AS(gathered(head + "r,i,m,3,1\n"), doctest::Contains("task is '3'"), DataError);
  CHECK_THROWS_WITH_AS(gathered(head + "r,i,m,2,0.5\n"), doctest::Contains("fooled is '0.5'"), DataError);
  CHECK_THROWS_WITH_AS(gathered(head + "r,,m,2,1\n"), doctest::Contains("is empty"), DataError);
  CHECK_THROWS_WITH_AS(gathered(head + "r,\"i,m,2,1\n"), doctest::Contains("a quote is not closed"), DataError);
  CHECK(gathered(head + "r,i,m,2,1\nr,i,m,2\n", true)[0].dropped.at("damaged") == 1);
  // A quoted field may contain newlines; a quote that is not closed spoils only its own line.
  const std::string noted = "rater,image,model,task,fooled,note\n";
  CHECK(gathered(noted + "r,i,m,2,1,\"one\r\ntwo, \"\"three\"\"\n\"\r\nr,j,m,2,0,\n")[0].judged.size() == 2);
  CHECK_THROWS_WITH_AS(gathered(noted + "r,i,m,2,1,\"a\nb\"\nr,j,m,9,0,\n"), doctest::Contains("line 4': task is '9'"),
                       DataError);
  const auto slips = gathered(head + "r,\"i,m,2,1\nr,j,m,2,1\nr,\"k,m,2,1\nr,l,m,2,1\n", true);
  CHECK(slips[0].judged.size() == 2);
  CHECK(slips[0].dropped.at("damaged") == 2);
}

TEST_CASE("Machine raters: synthetic ones have the given rate, sides matter, scores are read back") {
  const samples::Folder scratch;
  StudyDesign design = tiny_design();
  design.raters = 4000;
  const Study study = tiny_study(scratch, design);
  SyntheticOptions options;
  options.rate = .3, options.image_share = 0, options.rater_share = .1;
  const auto share = [&](auto what) {
    double hits = 0, n = 0;
    for (const Answer& a : synthetic_answers(study, options)) {
      const PlannedTrial& trial = study.plan(a.rater - 1)[static_cast<size_t>(a.trial - 1)];
      if (trial.kind == TrialKind::kMain) hits += what(a, trial), ++n;
    }
    return hits / n;
  };
  const auto fooled = [](const Answer& a, const PlannedTrial& t) { return a.left != t.real_left; };
  CHECK(share(fooled) == relative(.3, .02));
  options.side_bias = .4;  // 0.4 of the answers are always left, and fooled in half of the cases
  CHECK(share(fooled) == relative(.6 * .3 + .2, .02));
  CHECK(share([](const Answer& a, const PlannedTrial&) { return a.left; }) == relative(.4 + .3, .02));
  options.rater_share = .9, options.image_share = .2;
  CHECK_THROWS_AS(synthetic_answers(study, options), UsageError);

  MachineScores scores = sharpness_scores(study), again;
  CHECK(scores.pairs.size() == 24);
  const std::string path = scratch.path + "s.jsonl";
  write_scores(path, study, scores);
  REQUIRE(read_scores(path, study, again));
  CHECK(again.machine == "sharpness");
  CHECK(again.pairs[5].generated == scores.pairs[5].generated);
  const std::string text = read_text(path);
  write_file(path, text + text.substr(text.find('\n') + 1));
  CHECK_THROWS_WITH_AS(read_scores(path, study, again), doctest::Contains("a second score"), DataError);
  write_file(path, text.substr(0, text.size() - 5));
  CHECK_THROWS_AS(read_scores(path, study, again), DataError);
}
