#include "base/signals.h"

#include <csignal>

namespace sr3 {

namespace {

volatile std::sig_atomic_t stop = 0;
struct sigaction former[2];
constexpr int kSignals[2] = {SIGINT, SIGTERM};

void on_signal(int number) { stop = number; }

}  // namespace

StopSignals::StopSignals() {
  stop = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART | SA_RESETHAND;
  for (int i = 0; i < 2; ++i) {
    sigaction(kSignals[i], &action, &former[i]);
    // A background job of a script was started to ignore ^C, which is meant for the foreground; it goes on ignoring it.
    if (former[i].sa_handler == SIG_IGN) sigaction(kSignals[i], &former[i], nullptr);
  }
}

StopSignals::~StopSignals() {
  for (int i = 0; i < 2; ++i) sigaction(kSignals[i], &former[i], nullptr);
}

int StopSignals::received() { return stop; }

}  // namespace sr3
