#include "study/server.h"

#include "base/error.h"

// PyPI's torch before 2.6 uses the old ABI of std::string, for which everything is then compiled; Debian's httplib
// library uses the new one.
#if _GLIBCXX_USE_CXX11_ABI

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/log.h"
#include "base/signals.h"
#include "format/json.h"
#include "study/assets.h"
#include "study/host_name.h"
#include "study/http_server.h"
#include "study/page.h"
#include "study/sessions.h"

namespace sr3 {
namespace {

using httplib::Request, httplib::Response;
using Json = nlohmann::ordered_json;

// The largest body that is accepted, which is more than an answer takes; and the largest one that is still read, so that
// the sender can be answered.
constexpr size_t kLargestBody = 16384, kLargestRead = 1 << 20;

void send(Response& response, const Json& json, int status = 200) {
  response.status = status;
  response.set_content(json.dump(), "application/json");
}

void send_refusal(Response& response, int status, const std::string& why) { send(response, {{"error", why}}, status); }

// Turns a handler's exceptions into responses. Our own failures are logged; the rater gets only a general message.
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

// Reports what is wrong with a request to its sender. What is wrong with the study must not be reported, because a
// file's name would tell which image is real.
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
  if (!is_plain_text(name)) throw DataError("the name has control characters");
  return name;
}

Json state_json(const Study& study, const SessionState& state) {
  Json json = page_settings(study.design());
  json["token"] = state.token;
  json["next"] = state.next;
  return json;
}

// Checks a request before its body is read. Bodies that could be unlimited are refused: those without a length, and
// compressed ones. The content type must be JSON, which a page of another site cannot send without a preflight request.
httplib::Server::HandlerResponse screen(const Request& request, Response& response,
                                        const std::vector<std::string>& sites) {
  using Decision = httplib::Server::HandlerResponse;
  const auto refuse = [&](int status, const std::string& why) {
    send_refusal(response, status, why);
    response.set_header("Connection", "close");
    return Decision::Handled;
  };
  if (!is_own_name(request.get_header_value("Host"), sites))
    return refuse(421, "This server is not known by this name. If it should be, start it with --site and the name.");
  if (request.method == "GET") return Decision::Unhandled;
  if (request.method != "POST") return refuse(405, "Only GET and POST are supported.");
  if (request.has_header("Transfer-Encoding") || !request.has_header("Content-Length"))
    return refuse(411, "The request needs a Content-Length.");
  const std::string length = request.get_header_value("Content-Length");
  if (length.empty() || length.find_first_not_of("0123456789") != std::string::npos)
    return refuse(400, "The Content-Length is not a number.");
  if (std::strtoull(length.c_str(), nullptr, 10) > kLargestRead) return refuse(413, "The request is too large.");
  if (request.has_header("Content-Encoding")) return refuse(415, "Compressed requests are not supported.");
  if (request.get_header_value("Content-Type").rfind("application/json", 0) != 0)
    return refuse(415, "The request must be application/json.");
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
  server.set_payload_max_length(kLargestBody);
  // Not SO_REUSEPORT, the library's default, with which a second server would silently share the port.
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
    const char* why = "The request is not valid.";
    if (response.status == 404) why = "There is nothing at this address.";
    if (response.status == 413) why = "The request is too large.";
    send_refusal(response, response.status, why);
  });
}

}  // namespace

void serve(const Study& study, const ServeOptions& options, const std::function<void(const std::string&)>& listening) {
  Sessions sessions(study);
  HttpServer server;
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
      "cannot serve: this build's libtorch uses the old ABI of std::string; build with Debian's libtorch, or with "
      "torch "
      "2.6 or later");
}

}  // namespace sr3

#endif
