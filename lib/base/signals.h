// SIGINT and SIGTERM as a request to stop, which the program checks for between steps. A second signal of the same kind
// ends the program immediately.
#pragma once

namespace sr3 {

class StopSignals {
 public:
  StopSignals();   // installs the handlers
  ~StopSignals();  // restores the previous ones
  StopSignals(const StopSignals&) = delete;
  // The number of the signal received last, or 0.
  static int received();
};

}  // namespace sr3
