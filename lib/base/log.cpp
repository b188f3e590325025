#include "base/log.h"

#include <cstdio>

namespace sr3 {

namespace {

void line(const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", log_state().program.c_str(), text.c_str());
  std::fflush(stderr);
}

}  // namespace

LogState& log_state() {
  static LogState state;
  return state;
}

void complain(const std::string& text) { line(text); }
void warn(const std::string& text) {
  if (log_state().verbosity >= 1) line("warning: " + text);
}
void note(const std::string& text) {
  if (log_state().verbosity >= 1) line(text);
}
void explain(const std::string& text) {
  if (log_state().verbosity >= 2) line(text);
}

}  // namespace sr3
