// Progress on standard error: on a terminal one line rewritten 5 times a second, else a line every 30 s, or every second with
// --progress always. When all is done the line says how long it took; in a log only where there were others before.
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

class Meter {
 public:
  // unit: "images", "steps". total < 0: unknown. Silent with -q or --progress never.
  Meter(const ProgressOptions& options, std::string unit, int64_t total = -1, int64_t start = 0);
  ~Meter();
  // `done` units so far; `extra` is shown at the end of the line, such as "loss 0.0123" or "step 3/25".
  void update(int64_t done, const std::string& extra = "");
  // Ends the line on a terminal.
  void finish();
  // "1h02m", "3m20s", "12s"
  static std::string duration(double seconds);

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_ = false, always_ = false, silent_ = false, open_ = false, shown_ = false;
  std::string unit_;
  int64_t total_, start_;
  Clock::time_point begin_, last_;
};

}  // namespace sr3
