#include "base/log.h"

#include <cstdio>
#include <mutex>
#include <set>

namespace sr3 {

namespace {

void line(const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", log_state().program.c_str(), printable(text, log_state().verbosity >= 2).c_str());
  std::fflush(stderr);
}

}  // namespace

LogState& log_state() {
  static LogState state;
  return state;
}

std::string printable(std::string text, bool lines) {
  unsigned char before = 0;
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool c1 = before == 0xc2 && byte >= 0x80 && byte < 0xa0;  // the C1 control characters in UTF-8
    if ((byte < 0x20 && c != '\t' && !(lines && c == '\n')) || byte == 0x7f || c1) c = '?';
    before = byte;
  }
  return text;
}

void error(const std::string& text) { line(text); }
void warn(const std::string& text) {
  if (log_state().verbosity >= 1) line("warning: " + text);
}
void warn_once(const std::string& text) {
  static std::mutex mutex;
  static std::set<std::string> warned;
  {
    const std::lock_guard<std::mutex> guard(mutex);
    constexpr size_t kMaxKept = 10000;  // beyond, repetitions are better than endless memory
    if (warned.contains(text)) return;
    if (warned.size() < kMaxKept) warned.insert(text);
  }
  warn(text);
}
void info(const std::string& text) {
  if (log_state().verbosity >= 1) line(text);
}
void debug(const std::string& text) {
  if (log_state().verbosity >= 2) line(text);
}

}  // namespace sr3
