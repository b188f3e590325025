// cpp-httplib's server with the bounds that it lacks. A client can make it hold neither much memory nor a thread for long:
//   the header of a request    8 KiB in the first line (414), 16 KiB in all (431), 10 s (408)
//   the body                   20 s
//   the response               120 s; the header Range is ignored: a response is always the whole
//   connections                32 of one address (503), 64 of all; more wait to be accepted. Each is for one request.
#pragma once

#include <httplib.h>

#include <map>
#include <mutex>
#include <string>

namespace sr3 {

class HttpServer : public httplib::Server {
 public:
  HttpServer();

 private:
  bool process_and_close_socket(socket_t socket) override;

  std::mutex mutex_;
  std::map<std::string, int> connections_;  // by the client's address
};

}  // namespace sr3
