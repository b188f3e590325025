#include "base/signals.h"

#include <csignal>
#include <exception>
#include <iterator>

#include "base/error.h"

namespace sr3 {

namespace {

volatile std::sig_atomic_t stop = 0, seen = 0;
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGUSR1};
struct sigaction former[std::size(kSignals)];

void on_signal(int number) { stop = number; }

}  // namespace

StopSignals::StopSignals() {
  stop = 0;
  seen = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART | SA_RESETHAND;
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], &action, &former[i]);
    // A background job of a script was started to ignore ^C, which is meant for the foreground; it goes on ignoring it.
    if (former[i].sa_handler == SIG_IGN) sigaction(kSignals[i], &former[i], nullptr);
  }
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &former[i], nullptr);
  // Nobody asked since it came: it is not lost, but has the effect that it has without this object.
  if (stop != 0 && seen == 0 && std::uncaught_exceptions() == 0) std::raise(stop);
}

int StopSignals::received() {
  if (stop != 0) seen = 1;
  return stop;
}

std::string StopSignals::name(int number) {
  return number == SIGINT ? "SIGINT" : number == SIGUSR1 ? "SIGUSR1" : "SIGTERM";
}

void StopSignals::check(const std::string& what) {
  if (const int number = received())
    throw Error(cat("stopped by ", name(number), " after ", what), static_cast<Status>(128 + number));
}

}  // namespace sr3
