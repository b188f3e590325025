// SIGINT, SIGTERM and SIGUSR1 (which Slurm can send before a job's time is over) as a request to stop, which the program checks for
// between steps. A second signal of the same kind ends the program immediately.
#pragma once

#include <string>

namespace sr3 {

class StopSignals {
 public:
  StopSignals();  // installs the handlers
  // Restores the previous ones. A signal that nobody has asked about is raised again, so that it is not lost.
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  // The number of the signal received last, or 0.
  static int received();
  static std::string name(int number);  // "SIGTERM"
  // Throws an Error "stopped by SIGINT after WHAT", with a shell's status for that signal, if one was received.
  static void check(const std::string& what);
};

}  // namespace sr3
