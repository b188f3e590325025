// The study over HTTP, for raters' browsers. There are these addresses and no others; none is a path on disk:
//   GET  / study.css study.js                       the page
//   POST api/sessions {"name"}                      begins a session, or finds it again by the rater's name
//   GET  api/sessions/TOKEN                         where it stands
//   GET  api/sessions/TOKEN/trials/N/left|middle|right   a picture of the trial to be shown now: image/png
//   POST api/sessions/TOKEN/answers                 an answer; the reply comes when it is on disk
// Nothing that is sent depends on which image is real but the pictures' pixels: all pictures of one size have one
// length and the same headers, and an address names a side.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "study/study.h"

namespace sr3 {

struct ServeOptions {
  std::string host = "127.0.0.1";
  int64_t port = 8080;             // 0: any free one
  std::vector<std::string> sites;  // names, besides this machine's, by which raters reach it (study/host_name.h)
};

// Serves until SIGINT or SIGTERM; tells `listening` the address once connections are taken. Error when the port is
// taken.
void serve(const Study& study, const ServeOptions& options, const std::function<void(const std::string&)>& listening);

}  // namespace sr3
