// SIGINT and SIGTERM as a request to stop, looked at between steps. The second one of a kind ends the program at once.
#pragma once

namespace sr3 {

class StopSignals {
 public:
  StopSignals();   // installs the handlers
  ~StopSignals();  // puts the former ones back
  StopSignals(const StopSignals&) = delete;
  // 0, or the signal's number.
  static int received();
};

}  // namespace sr3
