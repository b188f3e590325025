// Progress on standard error. On a terminal one line is rewritten 5 times a second; in a log a line is added every 30 s,
// or every second with --progress always. The last line reports the total time; a log gets it only after other lines, or
// with --progress always.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sr3 {

class Options;

struct ProgressOptions {
  std::string progress = "auto";  // auto|always|never
  void declare(Options& options);
};

// Seconds since the program began.
double running_time();

class Meter {
 public:
  // unit is the plural of what is counted, such as "images"; total < 0 means unknown; start is how much was done before.
  // Prints nothing with --progress never, or with -q unless --progress is "always".
  Meter(const ProgressOptions& options, std::string unit, int64_t total = -1, int64_t start = 0);
  ~Meter();
  // Reports that `done` units are done, where fractions count for the time that is left; `extra`, such as "loss 0.0123" or
  // "step 3/25", ends the line. end: at how many units what is at hand will be done; of an unknown total, the time until
  // then is shown as the time that is left.
  void update(double done, const std::string& extra = "", double end = -1);
  // Ends the line on a terminal.
  void finish();
  // A duration as text: "1h02m", "3m20s", "12s".
  static std::string duration(double seconds);

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_ = false, always_ = false, silent_ = false, open_ = false, shown_ = false;
  std::string unit_;
  int64_t total_, start_;
  Clock::time_point begin_, last_;
};

}  // namespace sr3
