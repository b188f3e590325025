#include "study/server.h"

#include "base/error.h"

// PyPI's torch before 2.6 has the old std::string, and all is compiled for that; Debian's httplib has the new one.
#if _GLIBCXX_USE_CXX11_ABI

#include <httplib.h>

#include <atomic>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/log.h"
#include "base/signals.h"
#include "format/json.h"
#include "study/assets.h"
#include "study/host_name.h"
#include "study/page.h"
#include "study/sessions.h"

namespace sr3 {
namespace {

using httplib::Request, httplib::Response;
using Json = nlohmann::ordered_json;

// Of a body: what an answer takes, and up to where more is read, and dropped, to tell the sender so.
constexpr size_t kLargestBody = 16384, kLargestRead = 1 << 20;
constexpr size_t kThreads = 32;

void send(Response& response, const Json& json, int status = 200) {
  response.status = status;
  response.set_content(json.dump(), "application/json");
}

void send_refusal(Response& response, int status, const std::string& why) { send(response, {{"error", why}}, status); }

// A handler's way of saying no; our own failures are logged, and told to the rater in general words.
template <class Handler>
httplib::Server::Handler guarded(Handler handler) {
  return [handler](const Request& request, Response& response) {
    try {
      handler(request, response);
    } catch (const Refused& refused) {
      send_refusal(response, refused.status, refused.why);
    } catch (const std::exception& error) {
      warn(error.what());
      send_refusal(response, 500, "The server has a problem. Please tell the people who run this study.");
    }
  };
}

// What is wrong with a request is the sender's to know. What is wrong with the study is not: a file's name would tell
// which image is real.
template <class Parse>
auto parsed(Parse parse) {
  try {
    return parse();
  } catch (const DataError& error) {
    throw Refused{400, error.what()};
  }
}

std::string parse_name(const std::string& body) {
  const JsonObject json = JsonObject::parse(body, "the request", 1);
  auto name = json.get<std::string>("name");
  json.refuse_unread();
  if (name.size() > 200) throw DataError("the name is too long");
  return name;
}

Json state_json(const Study& study, const SessionState& state) {
  Json json = page_settings(study.design());
  json["token"] = state.token;
  json["next"] = state.next;
  return json;
}

// Bodies that would be read without bound are refused before they are read: those without a length, and compressed
// ones. JSON must be called so, which a page of another site cannot do unasked.
httplib::Server::HandlerResponse screen(const Request& request, Response& response,
                                        const std::vector<std::string>& sites) {
  using Decision = httplib::Server::HandlerResponse;
  const auto refuse = [&](int status, const std::string& why) {
    send_refusal(response, status, why);
    response.set_header("Connection", "close");
    return Decision::Handled;
  };
  if (!is_own_name(request.get_header_value("Host"), sites))
    return refuse(421, "This server does not go by this name. If it should, start it with --site and the name.");
  if (request.method == "GET") return Decision::Unhandled;
  if (request.method != "POST") return refuse(405, "Only GET and POST are understood.");
  if (request.has_header("Transfer-Encoding") || !request.has_header("Content-Length"))
    return refuse(411, "A body needs a Content-Length.");
  if (std::strtoull(request.get_header_value("Content-Length").c_str(), nullptr, 10) > kLargestRead)
    return refuse(413, "That is more than an answer takes.");
  if (request.has_header("Content-Encoding")) return refuse(415, "Compressed bodies are not read.");
  if (request.get_header_value("Content-Type").rfind("application/json", 0) != 0)
    return refuse(415, "A body is application/json.");
  return Decision::Unhandled;
}

void add_routes(httplib::Server& server, const Study& study, Sessions& sessions) {
  const auto page = [&server](const char* path, std::string_view text, const char* type) {
    server.Get(path, [text, type](const Request&, Response& response) {
      response.set_content(text.data(), text.size(), type);
    });
  };
  page("/", kPageHtml, "text/html; charset=utf-8");
  page("/study\\.css", kPageCss, "text/css; charset=utf-8");
  page("/study\\.js", kPageJs, "text/javascript; charset=utf-8");

  server.Post("/api/sessions", guarded([&](const Request& request, Response& response) {
                const std::string name = parsed([&] { return parse_name(request.body); });
                send(response, state_json(study, sessions.begin(name, request.get_header_value("User-Agent"))));
              }));
  server.Get("/api/sessions/([0-9a-f]{32})", guarded([&](const Request& request, Response& response) {
               send(response, state_json(study, sessions.state(request.matches[1])));
             }));
  server.Get("/api/sessions/([0-9a-f]{32})/trials/([0-9]{1,7})/(left|middle|right)",
             guarded([&](const Request& request, Response& response) {
               if (request.matches[3] == "middle" && study.design().task != 1)
                 throw Refused{404, "There is no such picture."};
               const std::string token = request.matches[1], place = request.matches[3];
               const int64_t number = std::stoll(request.matches[2]);
               const Bytes bytes = study.picture(sessions.trial(token, number), place);
               sessions.sending(token, number, place);
               response.set_content(reinterpret_cast<const char*>(bytes.data()), bytes.size(), "image/png");
             }));
  server.Post("/api/sessions/([0-9a-f]{32})/answers", guarded([&](const Request& request, Response& response) {
                const Answer answer = parsed([&] { return parse_posted(request.body); });
                send(response, state_json(study, sessions.answer(request.matches[1], answer)));
              }));
}

void set_up(httplib::Server& server, const std::vector<std::string>& sites) {
  // A connection holds a thread while it lives: each gives it back after one request.
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_keep_alive_max_count(1);
  server.set_keep_alive_timeout(2);
  server.set_read_timeout(5);
  server.set_write_timeout(20);
  server.set_payload_max_length(kLargestBody);
  // Not SO_REUSEPORT, the library's choice, by which a second server would silently share the port.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_default_headers(
      {{"Cache-Control", "no-store"},
       {"Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob: data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
       {"Referrer-Policy", "no-referrer"},
       {"X-Content-Type-Options", "nosniff"}});
  server.set_pre_routing_handler(
      [&sites](const Request& request, Response& response) { return screen(request, response, sites); });
  server.set_error_handler([](const Request&, Response& response) {
    if (!response.body.empty()) return;
    const char* why = "This is not understood.";
    if (response.status == 404) why = "There is nothing here.";
    if (response.status == 413) why = "That is more than an answer takes.";
    send_refusal(response, response.status, why);
  });
}

}  // namespace

void serve(const Study& study, const ServeOptions& options, const std::function<void(const std::string&)>& listening) {
  if (options.port < 0 || options.port > 65535) throw UsageError("option '--port': 0 to 65535");
  Sessions sessions(study);
  httplib::Server server;
  set_up(server, options.sites);
  add_routes(server, study, sessions);
  const int port = options.port == 0 ? server.bind_to_any_port(options.host)
                   : server.bind_to_port(options.host, static_cast<int>(options.port)) ? static_cast<int>(options.port)
                                                                                       : -1;
  if (port < 0)
    throw Error(
        cat("cannot listen at ", options.host, ":", options.port, ": it is in use, or not an address of this machine"));
  const StopSignals signals;
  std::atomic<bool> ended = false;
  std::thread watch([&] {
    while (!ended && StopSignals::received() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    server.stop();
  });
  const bool v6 = options.host.find(':') != std::string::npos;
  listening(cat("http://", v6 ? "[" : "", options.host, v6 ? "]" : "", ":", port, "/"));
  server.listen_after_bind();
  ended = true;
  watch.join();
}

}  // namespace sr3

#else

namespace sr3 {

void serve(const Study&, const ServeOptions&, const std::function<void(const std::string&)>&) {
  throw Error(
      "this build cannot serve: its libtorch has the old std::string; build with Debian's libtorch or torch 2.6 and "
      "later");
}

}  // namespace sr3

#endif
