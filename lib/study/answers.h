// Answers on disk: JSON lines, one an answer, each complete in itself, so that files can be cut, joined and sent
// around. The first line of a session says whose it is; before an answer stands when its images were sent. What was
// right is not in them: the study's key says so when they are scored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sr3 {

// One trial, answered. Times in ms on the page's own clock (performance.now and the stamps of animation frames).
struct Answer {
  std::string study, session;  // 16 hexadecimal digits each
  bool machine = false;
  std::string machine_name;      // of a machine rater
  int64_t rater = 0, trial = 0;  // numbers from 1, as in trials.jsonl
  bool left = false;             // the side chosen
  double onset = 0, offset = 0;  // frames that first showed the images, and first did not
  double response = 0;           // from offset to the answer
  int64_t frames = 0;            // counted from onset to offset
  double longest_frame = 0;
  int64_t early = 0;  // keys and clicks before the end, which did nothing
  int64_t focus_losses = 0;
  int64_t showings = 1;              // how often the images were shown: more than once after a reload
  int64_t elapsed = -1;              // between the images' sending and the answer, on the server's clock; -1: unknown
  double pixel_ratio = 1, zoom = 1;  // of the screen, and of a pinch
  int64_t window_width = 0, window_height = 0;
  double shown_width = 0;  // of one image, in CSS pixels
  std::string nonce;       // of the page: the same answer sent twice has it twice
  std::string time;        // when it was stored, UTC
};

// The line, without its newline.
std::string answer_line(const Answer& answer);
// What a page posts: an answer without study, session, rater_kind, rater and time. DataError.
Answer parse_posted(const std::string& body);

struct SessionHead {
  std::string study, session, token;  // token: 32 hexadecimal digits, which the browser holds; "" in a page's file
  int64_t rater = 0;
  std::string name;   // what the rater was asked to call himself; may be empty
  std::string agent;  // the browser
  std::string time;
};
std::string head_line(const SessionHead& head);

// That a server has sent all images of a trial; `number` says how often it did.
struct Showing {
  std::string study, session;
  int64_t rater = 0, trial = 0, number = 1;
  std::string time;
};
std::string showing_line(const Showing& showing);

// A file of answers: of a session, of a machine rater, or several joined.
struct AnswersFile {
  std::vector<SessionHead> heads;
  std::vector<Answer> answers;
  std::vector<Showing> showings;
  std::vector<std::string> damaged;  // what is wrong with lines that are none
  bool cut = false;                  // the last line lacks its end: the writer was killed
  uint64_t whole_bytes = 0;          // up to the end of the last whole line
};
// Error when it cannot be read; a damaged line is noted, not thrown.
AnswersFile read_answers(const std::string& path);

// "2026-01-31T12:00:00Z"
std::string utc_now();

}  // namespace sr3
