#include "base/progress.h"

#include <unistd.h>

#include <cstdio>

#include "base/interruption.h"
#include "base/log.h"
#include "base/options.h"

namespace sr3 {

namespace {

const auto kBegin = std::chrono::steady_clock::now();

}  // namespace

double running_time() { return std::chrono::duration<double>(std::chrono::steady_clock::now() - kBegin).count(); }

void ProgressOptions::declare(Options& options) {
  options.choice("progress", 0, &progress, {"auto", "always", "never"}, "when to show progress");
}

Meter::Meter(const ProgressOptions& options, std::string unit, int64_t total, int64_t start)
    : unit_(std::move(unit)), total_(total), start_(start), begin_(Clock::now()), last_(begin_) {
  silent_ = options.progress == "never" || (options.progress == "auto" && log_state().verbosity < 1);
  always_ = options.progress == "always";
  terminal_ = isatty(STDERR_FILENO);
  if (log_state().verbosity > 0) report_interruption();
  note_progress(start_, total_, unit_, false);
}

Meter::~Meter() { finish(); }

std::string Meter::duration(double seconds) {
  const long s = static_cast<long>(seconds + 0.5);
  char text[32];
  if (s >= 3600)
    std::snprintf(text, sizeof text, "%ldh%02ldm", s / 3600, s / 60 % 60);
  else if (s >= 60)
    std::snprintf(text, sizeof text, "%ldm%02lds", s / 60, s % 60);
  else
    std::snprintf(text, sizeof text, "%lds", s);
  return text;
}

void Meter::update(double done, const std::string& extra, double end) {
  note_progress(static_cast<int64_t>(done), total_, unit_, open_);
  if (silent_) return;
  const auto now = Clock::now();
  const double since = std::chrono::duration<double>(now - last_).count();
  const bool all = total_ >= 0 && done >= static_cast<double>(total_);
  const bool last = all && (terminal_ || always_ || shown_);  // a quick run leaves no line in a log
  if (since < (terminal_ ? 0.2 : always_ ? 1.0 : 30.0) && !last) return;
  last_ = now;
  const double elapsed = std::chrono::duration<double>(now - begin_).count();
  const double rate = elapsed > 0 ? (done - static_cast<double>(start_)) / elapsed : 0;
  std::string text(std::to_string(static_cast<int64_t>(done)));
  if (total_ >= 0) text += "/" + std::to_string(total_);
  char speed[48];
  if (rate >= 1 || rate <= 0)
    std::snprintf(speed, sizeof speed, ", %.1f %s/s", rate, unit_.c_str());
  else
    std::snprintf(speed, sizeof speed, ", %.1f s each", 1 / rate);
  text += " " + (text == "1" ? unit_.substr(0, unit_.size() - 1) : unit_) + speed;
  if (all)
    text += ", in " + duration(elapsed);
  else if (total_ >= 0 && rate > 0)
    text += ", " + duration((static_cast<double>(total_) - done) / rate) + " left";
  else if (rate > 0 && end >= done)
    text += ", " + duration((end - done) / rate) + " left of this one";
  if (!extra.empty()) text += ", " + extra;
  std::fprintf(stderr, terminal_ ? "\r\033[K%s: %s" : "%s: %s\n", log_state().program.c_str(), text.c_str());
  std::fflush(stderr);
  open_ = terminal_;
  shown_ = true;
}

void Meter::finish() {
  if (open_) std::fputc('\n', stderr);
  open_ = false;
}

}  // namespace sr3
