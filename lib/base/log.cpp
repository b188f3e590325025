#include "base/log.h"

#include <cstdio>

namespace sr3 {

namespace {

void line(const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", log_state().program.c_str(), printable(text).c_str());
  std::fflush(stderr);
}

}  // namespace

LogState& log_state() {
  static LogState state;
  return state;
}

std::string printable(std::string text) {
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) c = '?';
  return text;
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
