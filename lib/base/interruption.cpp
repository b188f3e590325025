#include "base/interruption.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <mutex>

#include "base/error.h"
#include "base/log.h"

namespace sr3 {

namespace {

// A handler may only write what is already there: of two texts, the one that is not being composed.
struct Text {
  char bytes[512];
  size_t size;
};
Text texts[2];
std::atomic<int> current = -1;
std::mutex composing;
std::string progress_text, way_on;
bool ends_line = false;

void compose() {
  const int next = current == 0 ? 1 : 0;
  const std::string text = cat(ends_line ? "\n" : "", log_state().program, ": interrupted", progress_text,
                               way_on.empty() ? "" : "; ", way_on, "\n");
  texts[next].size = std::min(text.size(), sizeof texts[next].bytes);
  std::memcpy(texts[next].bytes, text.data(), texts[next].size);
  current = next;
}

void say_and_end(int number) {
  pollfd out = {STDERR_FILENO, POLLOUT, 0};  // a pager that was stopped takes nothing
  if (const int at = current; at >= 0 && ::poll(&out, 1, 0) == 1) {
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, texts[at].bytes, texts[at].size);
  }
  // The signal has its default effect again, which is none on the first process of a namespace, as in a pod.
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, number);
  pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
  std::raise(number);
  ::_exit(128 + number);
}

}  // namespace

void report_interruption() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (const int number : {SIGINT, SIGTERM}) {
      struct sigaction former {};
      sigaction(number, nullptr, &former);
      if (former.sa_handler != SIG_DFL) continue;  // it is ignored, or the program has a handler of its own
      struct sigaction action {};
      action.sa_handler = say_and_end;
      sigemptyset(&action.sa_mask);
      action.sa_flags = SA_RESETHAND;
      sigaction(number, &action, nullptr);
    }
  });
}

void note_progress(int64_t done, int64_t total, const std::string& unit, bool line_open) {
  const std::lock_guard lock(composing);
  progress_text = cat(" after ", done, total >= 0 ? cat(" of ", total) : "", " ",
                      done == 1 && total < 0 ? unit.substr(0, unit.size() - 1) : unit);
  ends_line = line_open;
  compose();
}

void note_way_on(const std::string& text) {
  const std::lock_guard lock(composing);
  if (!way_on.empty()) return;
  way_on = printable(text);
  if (current >= 0) compose();
}

}  // namespace sr3
