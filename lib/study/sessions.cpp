#include "study/sessions.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/log.h"

namespace sr3 {
namespace {

using Clock = std::chrono::system_clock;
constexpr std::chrono::minutes kAbandoned(120), kNeverBegun(15);

std::string random_hex(size_t digits) {
  std::string bytes(digits / 2, '\0'), text;
  if (getentropy(bytes.data(), bytes.size()) != 0) throw Error("cannot get random numbers from the system");
  for (const char c : bytes)
    for (const int shift : {4, 0}) text += "0123456789abcdef"[static_cast<unsigned char>(c) >> shift & 15];
  return text;
}

void sync_folder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  ::close(fd);
}

// A browser's User-Agent, limited to 300 bytes of printable ASCII.
std::string printable_ascii(std::string text) {
  text.resize(std::min<size_t>(text.size(), 300));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  return text;
}

// Appends a line, which is on disk when the function returns. A line that was written only in part is removed.
void append(const std::string& path, const std::string& text) {
  const std::string line = text + "\n";
  const auto failed = [&path] { return Error(cat("cannot write '", path, "': ", std::strerror(errno))); };
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) throw failed();
  const off_t before = lseek(fd, 0, SEEK_END);
  size_t done = 0;
  while (done < line.size()) {
    const ssize_t n = ::write(fd, line.data() + done, line.size() - done);
    if (n > 0) done += static_cast<size_t>(n);
    if (n < 0 && errno != EINTR) break;
  }
  const bool good = done == line.size() && fsync(fd) == 0;
  const int failure = errno;
  if (!good && before >= 0 && ftruncate(fd, before) != 0) warn(cat("'", path, "' may end in a broken line"));
  ::close(fd);
  errno = failure;
  if (!good) throw failed();
}

}  // namespace

struct Sessions::Session {
  SessionHead head;
  std::string path;
  int64_t answered = 0;
  Answer last;
  Clock::time_point touched;
  // About the current trial:
  int64_t showings = 0;
  std::set<std::string> sent;                                     // places sent of an incomplete showing
  std::optional<std::chrono::steady_clock::time_point> shown_at;  // unknown after a restart
};

Sessions::Sessions(const Study& study) : study_(study), folder_(study.folder() + "/answers") {
  std::filesystem::create_directories(folder_);
  lock_.emplace(folder_ + "/.lock", cat("'", study.folder(), "' is being served already by another process"));
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    if (entry.path().extension() == ".jsonl") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) restore(path);
}

Sessions::~Sessions() = default;

void Sessions::restore(const std::string& path) {
  const AnswersFile file = read_answers(path);
  if (!file.damaged.empty()) throw DataError(file.damaged[0]);
  for (const SessionHead& head : file.heads)
    if (head.study != study_.design().id)
      throw DataError(cat("'", path, "' has answers of the study ", head.study, ", not of ", study_.design().id));
  // The file may have been downloaded from a page and put here to be scored: it is neither continued nor truncated. A
  // file without a complete line is a session whose start was never confirmed.
  if (file.heads.size() != 1 || file.heads[0].token.empty()) {
    for (const Answer& answer : file.answers)
      if (answer.study == study_.design().id && !answer.machine) answered_elsewhere_.insert(answer.rater);
    return;
  }
  const SessionHead& head = file.heads[0];
  if (head.rater > study_.design().raters)
    throw DataError(cat("'", path, "' is of rater ", head.rater, ", who is beyond the plan"));
  if (file.cut) {
    std::filesystem::resize_file(path, file.whole_bytes);
    info(cat("removed the incomplete last line of '", path, "', which was never confirmed to the rater"));
  }
  auto session = std::make_unique<Session>();
  session->head = head;
  session->path = path;
  for (const Answer& answer : file.answers) {
    if (answer.session != head.session || answer.trial != session->answered + 1 ||
        answer.trial > study_.design().trial_count())
      throw DataError(cat("'", path, "': the answer to trial ", answer.trial, " is out of order"));
    ++session->answered;
    session->last = answer;
  }
  for (const Showing& showing : file.showings)
    if (showing.session == head.session && showing.trial == session->answered + 1)
      session->showings = std::max(session->showings, showing.number);
  const auto age = std::filesystem::file_time_type::clock::now() - std::filesystem::last_write_time(path);
  session->touched = Clock::now() - std::chrono::duration_cast<Clock::duration>(age);
  sessions_[head.token] = std::move(session);
}

int64_t Sessions::free_list() const {
  const StudyDesign& design = study_.design();
  // The state of each list: 0 unused, 1 abandoned, 2 complete or in use.
  std::vector<int> taken(static_cast<size_t>(design.raters));
  for (const int64_t rater : answered_elsewhere_)
    if (rater <= design.raters) taken[static_cast<size_t>(rater - 1)] = 2;
  for (const auto& [token, session] : sessions_) {
    const auto patience = session->answered > 0 ? kAbandoned : kNeverBegun;
    const bool busy = session->answered == design.trial_count() || Clock::now() - session->touched < patience;
    int& state = taken[static_cast<size_t>(session->head.rater - 1)];
    state = std::max(state, busy ? 2 : 1);
  }
  const auto least = std::min_element(taken.begin(), taken.end());
  if (*least == 2) throw Refused{409, "This study has all the raters it needs. Thank you."};
  return least - taken.begin() + 1;
}

SessionState Sessions::begin(const std::string& name, const std::string& agent) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (!name.empty())
    for (const auto& [token, session] : sessions_)
      if (session->head.name == name) return state_of(*session);
  auto session = std::make_unique<Session>();
  SessionHead& head = session->head;
  head = {study_.design().id, random_hex(16), random_hex(32), free_list(), name, printable_ascii(agent), utc_now()};
  session->path = cat(folder_, "/", cat(head.rater + 1000000).substr(1), "-", head.session, ".jsonl");
  session->touched = Clock::now();
  append(session->path, head_line(head));
  sync_folder(folder_);
  return state_of(*(sessions_[head.token] = std::move(session)));
}

Sessions::Session& Sessions::find(const std::string& token) const {
  const auto found = sessions_.find(token);
  if (found == sessions_.end()) throw Refused{404, "This session is not known to the server."};
  return *found->second;
}

Sessions::Session& Sessions::find(const std::string& token, int64_t trial) const {
  Session& session = find(token);
  if (trial != session.answered + 1 || trial > study_.design().trial_count())
    throw Refused{409, "This is not the current trial."};
  return session;
}

SessionState Sessions::state_of(const Session& session) const { return {session.head.token, session.answered + 1}; }

SessionState Sessions::state(const std::string& token) const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return state_of(find(token));
}

PlannedTrial Sessions::trial(const std::string& token, int64_t number) const {
  const std::lock_guard<std::mutex> guard(mutex_);
  const Session& session = find(token, number);
  return study_.plan(session.head.rater - 1)[static_cast<size_t>(number - 1)];
}

void Sessions::sending(const std::string& token, int64_t number, const std::string& place) {
  const std::lock_guard<std::mutex> guard(mutex_);
  Session& session = find(token, number);
  session.sent.insert(place);
  if (session.sent.size() < Study::places(study_.design().task).size()) return;
  const SessionHead& head = session.head;
  append(session.path, showing_line({head.study, head.session, head.rater, number, session.showings + 1, utc_now()}));
  ++session.showings;
  session.sent.clear();
  session.shown_at = std::chrono::steady_clock::now();
  session.touched = Clock::now();
}

SessionState Sessions::answer(const std::string& token, Answer answer) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const Session& known = find(token);
  if (known.answered > 0 && answer.trial == known.answered && answer.nonce == known.last.nonce &&
      answer.left == known.last.left)
    return state_of(known);
  Session& session = find(token, answer.trial);
  if (session.showings == 0) throw Refused{409, "This trial has not been shown yet."};
  if (session.shown_at) {
    const auto elapsed = std::chrono::steady_clock::now() - *session.shown_at;
    answer.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
    if (answer.elapsed < study_.design().exposure_ms)
      throw Refused{409, "This answer came before its images had been shown to the end."};
  }
  answer.study = study_.design().id;
  answer.session = session.head.session;
  answer.rater = session.head.rater;
  answer.showings = std::max(answer.showings, session.showings);
  answer.time = utc_now();
  append(session.path, answer_line(answer));
  ++session.answered;
  session.last = answer;
  session.touched = Clock::now();
  session.showings = 0;
  session.sent.clear();
  session.shown_at.reset();
  if (session.answered == study_.design().trial_count()) {
    const auto done = std::count_if(sessions_.begin(), sessions_.end(), [&](const auto& one) {
      return one.second->answered == study_.design().trial_count();
    });
    info(cat("rater ", answer.rater, " is done; ", done, " of ", study_.design().raters, " raters are done"));
  }
  return state_of(session);
}

}  // namespace sr3
