// Provenance: the runs of programs that made an artefact. A history is appended to, never rewritten.
#pragma once

#include <string>
#include <vector>

namespace sr3 {

extern const char* const kVersion;  // "0.1.0"

struct HistoryEntry {
  std::string program, version;
  std::vector<std::string> arguments;  // without the program's name
  std::string time;                    // UTC, "2026-01-31T12:00:00Z"
};

// The entry for the running program, which cli::run records by remember_run. A program with --no-history does not use it.
HistoryEntry this_run();
void remember_run(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace sr3
