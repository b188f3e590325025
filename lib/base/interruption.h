// What is said when SIGINT or SIGTERM ends a program that has no StopSignals (base/signals.h): how far it came, and how to go
// on. The signal still ends the program, so that a shell's loop ends, too.
#pragma once

#include <cstdint>
#include <string>

namespace sr3 {

// Each of them may be called from any thread.
void report_interruption();  // from here on; a signal that was ignored when the program began is still ignored
// Of total units; total < 0 means unknown. line_open: whether the terminal's line has to be ended first.
void note_progress(int64_t done, int64_t total, const std::string& unit, bool line_open);
void note_way_on(
    const std::string& text);  // such as "the same command goes on", the end of the message; the first counts

}  // namespace sr3
