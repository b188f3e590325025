#include "base/history.h"

#include <ctime>

namespace sr3 {

const char* const kVersion = "0.1.0";

namespace {

HistoryEntry& run() {
  static HistoryEntry entry;
  return entry;
}

}  // namespace

void remember_run(const std::string& program, const std::vector<std::string>& arguments) {
  char text[32];
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  run() = {program, kVersion, arguments, text};
}

HistoryEntry this_run() { return run(); }

}  // namespace sr3
