// The journal of a training: JSON lines, one every TrainerOptions::journal_every steps. If a run ends between two of
// them, one more line covers the remaining steps; it is removed when the training goes on, and the full line takes its
// place. Lines after the saved step are removed when a run resumes, so that the file equals that of an uninterrupted
// run except for the timings. Each validation has a line of its own.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace sr3 {

struct JournalLine {
  int64_t step = 0;
  double loss = 0;  // mean since the last line; NaN (null in the file) if all steps since then were skipped
  double learning_rate = 0;
  double gradient_norm = 0;  // mean since the last line, before clipping; NaN as above
  // The variational bound in bits per dimension, mean since the last line; NaN (no key in the file) without a learned
  // variance.
  double bits = std::numeric_limits<double>::quiet_NaN();
  int64_t skipped = 0;  // steps skipped so far
  double images_per_second = 0;
  double waiting = 0;  // fraction of the time since the last line in which the trainer waited for data
  // Fraction of the time since the last line in which several processes exchanged gradients, or waited for each other; NaN (no key
  // in the file) for one process.
  double communication = std::numeric_limits<double>::quiet_NaN();
  double seconds = 0;  // training time so far, over all runs
};

// What train/validation.h measures.
struct ValidationLine {
  int64_t step = 0;
  double loss = 0;               // mean of by_level
  std::vector<double> by_level;  // the mean loss in each band of noise levels, least noise first
  double psnr = 0;               // of samples in dB, mean over the examples; NaN (no key in the file): of a base stage
  double frechet =
      std::numeric_limits<double>::quiet_NaN();  // distance of samples; NaN (no key in the file): not measured
};

// One line of JSON, with its newline.
std::string journal_text(const JournalLine& line);
std::string journal_text(const ValidationLine& line);

// Whether `value` of a metric (loss|psnr|frechet) is better than `other`, as any number is than NaN.
bool is_better(const std::string& metric, double value, double other);
// The value of the metric.
double score_named(const std::string& metric, const ValidationLine& scores);

class Journal {
 public:
  // Opens or creates the file `path`. The destructor removes a file that the constructor created and that is still empty.
  explicit Journal(const std::string& path);
  ~Journal();
  Journal(const Journal&) = delete;
  // Removes the lines after `step`, the validations after `validated`, and an unfinished last line, which a killed process
  // leaves; all lines if `step` is 0. A damaged line before them stays.
  void cut(int64_t step, int64_t validated);
  void cut(int64_t step) { cut(step, step); }
  // Writes a line. Between hold() and release() the file is left as it is: cut() does nothing, and lines are collected
  // in memory until release() replaces the contents of the file with them.
  void append(const JournalLine& line) { append(journal_text(line)); }
  void append(const ValidationLine& line) { append(journal_text(line)); }
  void hold() { held_ = true; }
  void release();
  const std::string& path() const { return path_; }

 private:
  void append(const std::string& text);
  void write(const std::string& text);

  std::string path_, waiting_;
  int fd_ = -1;
  bool made_ = false, held_ = false;
};

// All complete lines of a journal except damaged ones; empty if the file does not exist.
std::vector<JournalLine> read_journal(const std::string& path);
// The same of the validations.
std::vector<ValidationLine> read_validations(const std::string& path);

}  // namespace sr3
