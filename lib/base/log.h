// Messages to standard error, one line each, prefixed by the program's name.
#pragma once

#include <string>

namespace sr3 {

// verbosity is 0 with -q (errors only), 1 by default, and 2 with -v.
struct LogState {
  std::string program = "sr3-cdm";
  int verbosity = 1;
};
LogState& log_state();

// Replaces control characters by '?': names in files could otherwise control the terminal, or imitate messages. With
// `lines`, line ends are kept, because messages of -v may have several lines.
std::string printable(std::string text, bool lines = false);

void warn(const std::string& text);  // unless -q
// The first time that it is called with this text; for what is met again whenever a file is read. Thread-safe.
void warn_once(const std::string& text);
void info(const std::string& text);   // unless -q
void debug(const std::string& text);  // only with -v
void error(const std::string& text);  // always

}  // namespace sr3
