#include "base/error.h"

#if _GLIBCXX_USE_CXX11_ABI  // see server.cpp

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <iterator>
#include <string_view>
#include <thread>
#include <vector>

#include "base/signals.h"
#include "study/http_server.h"

namespace sr3 {
namespace {

using std::chrono::steady_clock, std::chrono::seconds;

constexpr size_t kLongestLine = 8 << 10, kLargestHeader = 16 << 10;
constexpr seconds kHeaderTime(10), kBodyTime(20), kResponseTime(120);
constexpr int kThreads = 64, kOfOneAddress = 32;

struct Address {
  std::string host;
  int port = 0;
};

Address address_of(int socket, int (*get)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (get(socket, address, &size) != 0 || ::getnameinfo(address, size, host.data(), host.size(), port.data(),
                                                        port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return {};
  return {host.data(), std::atoi(port.data())};
}

// Waits until the socket is ready; false at the deadline, and soon after a signal to stop.
bool wait_for(int socket, short event, steady_clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting = {socket, event, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left, 200)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (StopSignals::received() != 0) return false;
  }
}

// A connection. Its request's header is read and checked before the library sees any of it.
class RequestStream : public httplib::Stream {
 public:
  explicit RequestStream(int socket)
      : socket_(socket), remote_(address_of(socket, ::getpeername)), local_(address_of(socket, ::getsockname)) {}

  // Reads the header. Returns the HTTP status with which it is to be refused; 0 if it is complete; -1 if the client left.
  int read_header() {
    deadline_ = steady_clock::now() + kHeaderTime;
    for (std::array<char, 4096> block;;) {
      const ssize_t got = receive(block.data(), block.size());
      if (got <= 0) return got < 0 && steady_clock::now() >= deadline_ ? 408 : -1;
      held_.append(block.data(), static_cast<size_t>(got));
      // The beginning of no method, such as that of TLS: nothing that follows could make it a request.
      if (std::isupper(static_cast<unsigned char>(held_[0])) == 0) return 400;
      if (std::min(held_.find('\n'), held_.size()) >= kLongestLine) return 414;
      const size_t end = end_of_header();
      if (std::min(end, held_.size()) >= kLargestHeader) return 431;
      if (end == std::string::npos) continue;
      deadline_ = steady_clock::now() + kBodyTime;
      end_lines(end);
      if (count_of_header("content-length") > 1) return 400;
      remove_header("range");  // which the library would answer with 416 where it cannot read it
      return count_of_header("host") > 1 ? 400 : 0;
    }
  }

  // Ends the connection. What the client still sends is taken for a moment, because closing a socket with unread data would
  // also discard the response on its way.
  void close() {
    ::shutdown(socket_, SHUT_WR);
    const auto end = steady_clock::now() + seconds(1);
    std::array<char, 4096> waste;
    for (int i = 0; i < 256 && wait_for(socket_, POLLIN, end) && ::recv(socket_, waste.data(), waste.size(), 0) > 0;)
      ++i;
    ::close(socket_);
  }

  const Address& remote() const { return remote_; }
  const Address& local() const { return local_; }

  bool is_readable() const override { return !held_.empty() || wait_for(socket_, POLLIN, deadline_); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t n) override {
    if (held_.empty()) return receive(to, n);
    const size_t count = held_.copy(to, n, taken_);
    taken_ += count;
    if (taken_ == held_.size()) held_.clear(), taken_ = 0;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t n) override {
    if (!responding_) deadline_ = steady_clock::now() + kResponseTime;
    responding_ = true;
    for (size_t done = 0; done < n;) {
      if (!wait_for(socket_, POLLOUT, deadline_)) return -1;
      const ssize_t sent = ::send(socket_, from + done, n - done, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EINTR && errno != EAGAIN) return -1;
      if (sent > 0) done += static_cast<size_t>(sent);
    }
    return static_cast<ssize_t>(n);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { ip = remote_.host, port = remote_.port; }
  void get_local_ip_and_port(std::string& ip, int& port) const override { ip = local_.host, port = local_.port; }
  socket_t socket() const override { return socket_; }

 private:
  // Where the header's last line ends, before an empty line; npos if that has not come. Lines may end in a line feed alone (RFC
  // 9112, 2.2).
  size_t end_of_header() const {
    for (size_t at = held_.find('\n'); at != std::string::npos; at = held_.find('\n', at + 1)) {
      const std::string_view rest = std::string_view(held_).substr(at + 1, 2);
      if (rest.starts_with('\n') || rest == "\r\n") return at;
    }
    return std::string::npos;
  }
  // Makes the ends of all lines of the header those that the library knows.
  void end_lines(size_t end) {
    std::string header;
    const size_t body = held_.find('\n', end + 1) + 1;
    for (size_t at = 0; at < body; ++at) {
      if (held_[at] == '\n' && (at == 0 || held_[at - 1] != '\r')) header += '\r';
      header += held_[at];
    }
    held_.replace(0, body, header);
  }
  // Where the next line of the header begins that has this name (in lower case), from the line after `from` on; npos if none does.
  size_t find_header(std::string_view name, size_t from) const {
    const size_t end = held_.find("\r\n\r\n");
    for (size_t at = held_.find('\n', from); at < end; at = held_.find('\n', at + 1)) {
      const std::string_view line = std::string_view(held_).substr(at + 1, name.size() + 1);
      if (line.size() == name.size() + 1 && line.back() == ':' &&
          std::equal(name.begin(), name.end(), line.begin(),
                     [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); }))
        return at + 1;
    }
    return std::string::npos;
  }
  int count_of_header(std::string_view name) const {
    int count = 0;
    for (size_t at = find_header(name, 0); at != std::string::npos; at = find_header(name, at)) ++count;
    return count;
  }
  void remove_header(std::string_view name) {
    for (size_t at = find_header(name, 0); at != std::string::npos; at = find_header(name, at - 1))
      held_.erase(at, held_.find('\n', at) + 1 - at);
  }

  ssize_t receive(char* to, size_t n) {
    for (;;) {
      if (!wait_for(socket_, POLLIN, deadline_)) return -1;
      const ssize_t got = ::recv(socket_, to, n, MSG_DONTWAIT);
      if (got >= 0 || (errno != EINTR && errno != EAGAIN)) return got;
    }
  }

  int socket_;
  Address remote_, local_;
  steady_clock::time_point deadline_;
  std::string held_;  // received, and not yet read by the library from taken_ on
  size_t taken_ = 0;
  bool responding_ = false;
};

// Threads for connections. The library would accept any number of connections and let them wait with their sockets open; here
// no more are accepted than threads are there.
class ConnectionThreads : public httplib::TaskQueue {
 public:
  ConnectionThreads() {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
  }
  // The return type is void in old versions of the library.
  auto enqueue(std::function<void()> task)
      -> decltype(std::declval<httplib::TaskQueue&>().enqueue(std::function<void()>())) override {
    using Result = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::function<void()>()));
    std::unique_lock<std::mutex> guard(mutex_);
    changed_.wait(guard, [this] { return busy_ < kThreads || ended_; });
    ++busy_;
    tasks_.push_back(std::move(task));
    guard.unlock();
    changed_.notify_all();
    return static_cast<Result>(true);
  }
  void shutdown() override {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void work() {
    std::unique_lock<std::mutex> guard(mutex_);
    for (;;) {
      changed_.wait(guard, [this] { return !tasks_.empty() || ended_; });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      guard.unlock();
      task();
      guard.lock();
      --busy_;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  int busy_ = 0;  // tasks that wait or run
  bool ended_ = false;
};

// Refuses a request that the library has not seen.
void refuse(RequestStream& stream, int status) {
  struct Refusal {
    int status;
    const char *reason, *why;
  };
  static constexpr Refusal kRefusals[] = {
      {400, "Bad Request", "The request is not one of HTTP, or names more than one host or length."},
      {408, "Request Timeout", "The request came too slowly."},
      {414, "URI Too Long", "The address is too long."},
      {431, "Request Header Fields Too Large", "The header of the request is too large."},
      {503, "Service Unavailable", "There are too many connections from this address. Please try again."}};
  const auto& [known, reason, why] = *std::find_if(std::begin(kRefusals), std::end(kRefusals),
                                                   [&](const Refusal& refusal) { return refusal.status == status; });
  const bool busy = known == 503;
  const std::string body = cat("{\"error\":\"", why, "\"}");
  const std::string text =
      cat("HTTP/1.1 ", status, " ", reason, "\r\nContent-Type: application/json\r\nContent-Length: ", body.size(),
          busy ? "\r\nRetry-After: 1" : "", "\r\nConnection: close\r\n\r\n", body);
  stream.write(text.data(), text.size());
}

using Setup = std::function<void(httplib::Request&)>;

// Lets the library process a request, by its protected function. Newer versions take the addresses as arguments, and older
// ones ask the stream for them.
[[maybe_unused]] bool process(httplib::Server& server, RequestStream& stream, const Setup& setup,
                              bool (httplib::Server::*request)(httplib::Stream&, bool, bool&, const Setup&)) {
  bool closed = false;
  return (server.*request)(stream, true, closed, setup);
}
[[maybe_unused]] bool process(httplib::Server& server, RequestStream& stream, const Setup& setup,
                              bool (httplib::Server::*request)(httplib::Stream&, const std::string&, int,
                                                               const std::string&, int, bool, bool&, const Setup&)) {
  const Address &remote = stream.remote(), &local = stream.local();
  bool closed = false;
  return (server.*request)(stream, remote.host, remote.port, local.host, local.port, true, closed, setup);
}

}  // namespace

HttpServer::HttpServer() {
  new_task_queue = [] { return new ConnectionThreads; };
}

bool HttpServer::process_and_close_socket(socket_t socket) {
  RequestStream stream(socket);
  const std::string client = stream.remote().host;
  const auto count = [&](int change) {
    const std::lock_guard<std::mutex> guard(mutex_);
    const int open = connections_[client] += change;
    if (open == 0) connections_.erase(client);
    return open;
  };
  const int status = count(+1) > kOfOneAddress ? 503 : stream.read_header();
  bool good = status == 0;
  if (status > 0) refuse(stream, status);
  if (good)
    good = process(
        *this, stream, [](httplib::Request& request) { request.ranges.clear(); }, &HttpServer::process_request);
  stream.close();
  count(-1);
  return good;
}

}  // namespace sr3

#endif
