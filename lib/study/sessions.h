// The raters' sessions: each has a list of the plan, a current trial and a file of answers. This part is independent of
// HTTP. Every change is on disk (fsync) before it is reported, and the whole state can be restored from disk.
// Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/file_lock.h"
#include "study/answers.h"
#include "study/study.h"

namespace sr3 {

// Thrown when a request is refused: the HTTP status, and a message to the rater.
struct Refused {
  int status;
  std::string why;
};

// The state of a session as the browser receives it. It does not depend on which images are real.
struct SessionState {
  std::string token;
  int64_t next = 1;  // the current trial, which is to be shown; total + 1: all trials are answered
};

class Sessions {
 public:
  // Restores the sessions from the study's folder answers/, and removes an incomplete last line of their files. Error if
  // another process serves the study, DataError if a file is damaged.
  explicit Sessions(const Study& study);
  ~Sessions();
  Sessions(const Sessions&) = delete;

  // Starts a session on the first unused list, or else on the first abandoned one: unfinished and without activity for
  // two hours, or for 15 minutes if nothing was answered. A list whose answers were downloaded from a page and put into
  // answers/ counts as used. A name that is known already gets its session back. Refused with 409 if all lists are in
  // use.
  SessionState begin(const std::string& name, const std::string& agent);
  // The functions below refuse an unknown token with 404.
  SessionState state(const std::string& token) const;
  // The plan of the current trial. Refused with 409 if `number` is another one.
  PlannedTrial trial(const std::string& token, int64_t number) const;
  // Must be called before a picture of the current trial is sent. When all its places have been sent, the trial counts as
  // shown; when all have been sent again, as shown once more.
  void sending(const std::string& token, int64_t number, const std::string& place);
  // Stores an answer to the current trial, with the number of showings that the server counted if the page reports fewer.
  // If the last answer is sent again because its response was lost, nothing changes. Refused with 409 if the answer is to
  // another trial, if the trial was not shown, or if the answer comes before the exposure can have ended. The last check
  // is left out if the trial was shown before the server was restarted.
  SessionState answer(const std::string& token, Answer answer);

 private:
  struct Session;
  void restore(const std::string& path);
  Session& find(const std::string& token) const;
  Session& find(const std::string& token, int64_t trial) const;  // requires that `trial` is the current one
  SessionState state_of(const Session& session) const;
  int64_t free_list() const;

  const Study& study_;
  std::string folder_;
  std::optional<FileLock> lock_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Session>> sessions_;  // by token
  std::set<int64_t> answered_elsewhere_;                      // lists (numbers from 1) in files from pages
};

}  // namespace sr3
