// The journal of a training: JSON lines, one every so many steps, and one of what is left at the end of a run, which
// gives way to the whole one when the training goes on. Lines after the saved step are cut when a run resumes, so that
// the file equals that of a straight run but for the timings. Holds a lock: one process trains a stage at a time.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace sr3 {

struct JournalLine {
  int64_t step = 0;
  double loss = 0;  // mean since the last line; NaN (null in the file) when all its steps were skipped
  double learning_rate = 0;
  double gradient_norm = 0;  // mean since the last line, before clipping; NaN likewise
  // Of the variational bound, bits a dimension, mean since the last line; NaN, and no key, without a learned variance.
  double bits = std::numeric_limits<double>::quiet_NaN();
  int64_t skipped = 0;  // steps skipped so far
  double images_per_second = 0;
  double waiting = 0;  // share of the time since the last line that the trainer waited for data
  double seconds = 0;  // of training in all, over all runs
};

std::string journal_text(const JournalLine& line);  // with its newline

class Journal {
 public:
  // Error "'x.json' is being trained by another process". A journal that was made and stays empty is gone in the end.
  Journal(const std::string& path, const std::string& stage);
  ~Journal();
  Journal(const Journal&) = delete;
  // Drops the lines after `step` (all, when it is 0), and an unfinished last one (a killed writer's). A damaged line
  // among the others stays.
  void cut(int64_t step);
  // After hold(), which leaves the file as it is, lines wait for release(), which puts them in the place of all that is there.
  void append(const JournalLine& line);
  void hold() { held_ = true; }
  void release();
  const std::string& path() const { return path_; }

 private:
  void write(const std::string& text);

  std::string path_, waiting_;
  int fd_ = -1;
  bool made_ = false, held_ = false;
};

// All whole lines of a journal but damaged ones; empty when there is no such file.
std::vector<JournalLine> read_journal(const std::string& path);

}  // namespace sr3
