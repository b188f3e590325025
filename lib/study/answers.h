// Answers on disk: JSON lines, one for each answer and complete in itself, so that files can be split, joined and sent
// around. A session starts with a line about its rater; before each answer there is a line for each time that its images
// were sent. The files do not contain which answers are right: the study's key tells when they are scored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sr3 {

// The answer to one trial. Times are in ms on the page's own clock (performance.now and the timestamps of animation
// frames).
struct Answer {
  std::string study, session;  // 16 hexadecimal digits each
  bool machine = false;
  std::string machine_name;      // if it is a machine rater's
  int64_t rater = 0, trial = 0;  // numbers from 1, as in trials.jsonl
  bool left = false;             // whether the left side was chosen
  double onset = 0, offset = 0;  // times of the first frame with the images, and of the first one without them
  double response = 0;           // time from offset to the answer
  int64_t frames = 0;            // number of frames from onset to offset
  double longest_frame = 0;
  int64_t early = 0;  // keys and clicks before the offset, which have no effect
  int64_t focus_losses = 0;
  int64_t showings = 1;              // number of times the images were shown: more than once after a reload
  int64_t elapsed = -1;              // time from sending the images to the answer on the server's clock; -1: unknown
  double pixel_ratio = 1, zoom = 1;  // device pixels per CSS pixel, and pinch zoom
  int64_t window_width = 0, window_height = 0;
  double shown_width = 0;  // width of one image in CSS pixels
  std::string nonce;       // chosen by the page: an answer that is sent again has the same one
  std::string time;        // when the answer was stored, UTC
};

// The answer as a line of JSON, without a newline.
std::string answer_line(const Answer& answer);
// Parses an answer posted by the page: it has no study, session, rater_kind, rater and time. DataError if it is invalid.
Answer parse_posted(const std::string& body);

struct SessionHead {
  std::string study, session, token;  // token: 32 hexadecimal digits known to the browser; "" in a page's own file
  int64_t rater = 0;
  std::string name;   // the name or number that the rater entered; may be empty
  std::string agent;  // the browser's User-Agent
  std::string time;
};
std::string head_line(const SessionHead& head);

// A record that the server has sent all images of a trial; `number` counts how often it has, from 1.
struct Showing {
  std::string study, session;
  int64_t rater = 0, trial = 0, number = 1;
  std::string time;
};
std::string showing_line(const Showing& showing);

// A file of answers: those of one session, those of a machine rater, or several such files joined.
struct AnswersFile {
  std::vector<SessionHead> heads;
  std::vector<Answer> answers;
  std::vector<Showing> showings;
  std::vector<std::string> damaged;  // messages about invalid lines
  bool cut = false;                  // whether the last line is incomplete: the writer was killed
  uint64_t whole_bytes = 0;          // size up to the end of the last complete line
};
// Error if the file cannot be read. Invalid lines are not thrown, but recorded in `damaged`.
AnswersFile read_answers(const std::string& path);

// The current time, as "2026-01-31T12:00:00Z".
std::string utc_now();

}  // namespace sr3
