// Serves a study over HTTP to the raters' browsers. These are all its addresses; none is a path on disk:
//   GET  / study.css study.js                       the page
//   POST api/sessions {"name"}                      starts a session, or finds it again by the rater's name
//   GET  api/sessions/TOKEN                         the state of the session
//   GET  api/sessions/TOKEN/trials/N/left|middle|right   a picture of the current trial: image/png
//   POST api/sessions/TOKEN/answers                 stores an answer; the response is sent when it is on disk
// Of all that is sent, only the pixels of the pictures depend on which image is real: pictures of equal size have equal
// lengths and the same headers, and an address names only a side.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "study/study.h"

namespace sr3 {

struct ServeOptions {
  std::string host = "127.0.0.1";
  int64_t port = 8080;             // 0: any free port
  std::vector<std::string> sites;  // further names of this server, besides this machine's (study/host_name.h)
};

// Serves until SIGINT or SIGTERM. Calls `listening` with the server's address when it accepts connections. Error if it
// cannot listen at the address, or if another process serves the study.
void serve(const Study& study, const ServeOptions& options, const std::function<void(const std::string&)>& listening);

}  // namespace sr3
