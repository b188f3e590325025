// From operands of `score` to judged answers: files are read, each answer is met with its study's key, and what the
// study's rules leave out is marked, not dropped.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "study/design.h"
#include "study/machine.h"

namespace sr3 {

struct Judged {
  int64_t rater = 0, image = 0, model = 0;  // numbers from 0; the image's and model's places in the set
  TrialKind kind = TrialKind::kMain;
  bool fooled = false;  // the real image was not chosen
  bool left = false;
  double response = 0;  // ms
  int64_t trial = 0, repeats = -1;
  std::string excluded;  // the rule that leaves it out; "": kept
};

// Answers of one study by one sort of raters.
struct AnswerSet {
  std::string study;  // id; "" of a CSV table
  int64_t task = 2;
  std::string raters;  // "human" or "machine NAME"
  std::vector<std::string> models, images;
  double margin = 0.05;
  std::vector<Judged> judged;
  std::vector<PairScore> pairs;  // of a machine that scored all images, and judged no trials
  bool timed = true;             // response times are known
  // What never became an answer, by reason: repeated answers, damaged lines, answers of other studies.
  std::map<std::string, int64_t> dropped;
};

// Operands: a study's folder (with all that was answered there), or a file of answers of a study that is named too, or
// in whose folder the file lies. A damaged line and an answer of another study are a DataError, or with keep_going
// counted; an answer that is there twice, and a last line cut short, are always counted.
std::vector<AnswerSet> gather_answers(const std::vector<std::string>& operands, bool keep_going);

// Tables with a header that names rater, image, model, task and fooled (0 or 1), in any order, among others; one set a
// task.
std::vector<AnswerSet> gather_csv(const std::vector<std::string>& paths, bool keep_going);

// Whether keep_going left something out: a damaged line, or an answer of another study.
bool skipped_damage(const std::vector<AnswerSet>& sets);

}  // namespace sr3
