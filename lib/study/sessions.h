// Who is at which trial: sessions of raters, each with a list of the plan and a file of answers. Knows no HTTP. Every
// change is on disk (fsync) before it is told; what is on disk is all there is to restore. For any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "study/answers.h"
#include "study/study.h"

namespace sr3 {

// A request that is refused: the HTTP status that says why, and words for the rater.
struct Refused {
  int status;
  std::string why;
};

// What a browser is told of its session; nothing in it depends on where the real images are.
struct SessionState {
  std::string token;
  int64_t next = 1;  // the trial to be shown; total + 1: all are answered
};

class Sessions {
 public:
  // Restores what `study`'s folder answers/ holds; a last line cut short is cut off. Error when another server has the
  // study, DataError when a file is damaged.
  explicit Sessions(const Study& study);
  ~Sessions();
  Sessions(const Sessions&) = delete;

  // A new session on the first list that nobody has, or else one that was left: unfinished for two hours, or begun a
  // quarter of an hour ago without an answer. Lists of which a page's file is among the answers are taken. A name known
  // already gets its session back. Refused 409: all lists are given out.
  SessionState begin(const std::string& name, const std::string& agent);
  // Refused 404: unknown.
  SessionState state(const std::string& token) const;
  // The trial to be shown now, and only that: Refused 409 for any other.
  PlannedTrial trial(const std::string& token, int64_t number) const;
  // To be called before a picture of it goes out. When all its places have gone out, the trial was shown; when they all
  // did again, once more.
  void sending(const std::string& token, int64_t number, const std::string& place);
  // Stores an answer to the trial to be shown, with the number of its showings if the page says less. The very answer
  // stored last, sent again because its reply was lost, is well too. Refused 409: of another trial, of one that was not
  // shown, or sooner than its exposure takes, as far as this server sent it and knows.
  SessionState answer(const std::string& token, Answer answer);

 private:
  struct Session;
  void restore(const std::string& path);
  Session& find(const std::string& token) const;
  Session& find(const std::string& token, int64_t trial) const;  // where that one comes next
  SessionState told(const Session& session) const;
  int64_t free_list() const;

  const Study& study_;
  std::string folder_;
  int lock_ = -1;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Session>> sessions_;  // by token
  std::set<int64_t> answered_elsewhere_;                      // lists (numbers from 1) of pages' files
};

}  // namespace sr3
