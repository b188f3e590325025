// Messages to standard error, one line each, prefixed by the program's name.
#pragma once

#include <string>

namespace sr3 {

// -q is 0 (errors only), the default 1, -v 2.
struct LogState {
  std::string program = "sr3-cdm";
  int verbosity = 1;
};
LogState& log_state();

// Control characters as '?': names out of files could otherwise command the terminal, or look like messages of their own.
// lines: line ends stay, as a message of -v has some.
std::string printable(std::string text, bool lines = false);

void warn(const std::string& text);   // unless -q
void info(const std::string& text);   // unless -q
void debug(const std::string& text);  // only with -v
void error(const std::string& text);  // always: an error

}  // namespace sr3
