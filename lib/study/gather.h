// From the operands of `score` to judged answers: files are read, each answer is compared with its study's key, and
// answers that the study's rules exclude are marked, not dropped.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "study/design.h"
#include "study/machine.h"

namespace sr3 {

struct Judged {
  int64_t rater = 0, image = 0, model = 0;  // numbers from 0; image and model are indices in the set
  TrialKind kind = TrialKind::kMain;
  bool fooled = false;              // whether the real image was not chosen
  bool left = false;                // whether the left side was chosen
  double response = 0;              // response time in ms
  int64_t trial = 0, repeats = -1;  // as in the plan: index of the trial, and of the one that it repeats
  std::string excluded;             // the rule that excludes it; "": kept
};

// The answers of one kind of raters in one study.
struct AnswerSet {
  std::string study;  // id; "" for a CSV table
  int64_t task = 2;
  std::string raters;  // "human" or "machine NAME"
  std::vector<std::string> models, images;
  double margin = 0.05;
  std::vector<Judged> judged;
  std::vector<PairScore> pairs;  // of a machine that scored all images instead of judging trials
  bool timed = true;             // whether response times are known
  // The number of lines without a valid answer, by reason: repeated answers, damaged lines, answers of other studies.
  std::map<std::string, int64_t> dropped;
};

// Reads and judges the answers of operands. An operand is a study's folder, with all answers in it, or a file of answers;
// the study of a file must be an operand too, unless the file lies in the study's folder. A damaged line or an answer of
// another study is a DataError, or is counted with keep_going. A repeated answer and an incomplete last line are always
// counted. UsageError if there are no operands, or if no study is known for a file.
std::vector<AnswerSet> gather_answers(const std::vector<std::string>& operands, bool keep_going);

// Reads CSV tables. Their headers must name the columns rater, image, model, task and fooled (0 or 1), in any order and
// among others. Returns one set for each task. A damaged line is a DataError, or is counted with keep_going.
std::vector<AnswerSet> gather_csv(const std::vector<std::string>& paths, bool keep_going);

// Whether keep_going left something out: a damaged line, or an answer of another study.
bool skipped_damage(const std::vector<AnswerSet>& sets);

}  // namespace sr3
