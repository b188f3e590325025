#include "study/answers.h"

#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "format/json.h"

namespace sr3 {
namespace {

constexpr const char* kFormat = "confusion-answers 1";
constexpr size_t kLongestText = 500;
constexpr int64_t kMax = 1000000;

std::string get_hex(const JsonObject& json, const char* key, size_t digits) {
  auto text = json.get<std::string>(key);
  if (text.size() != digits || text.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw json.wrong(key, cat(digits, " hexadecimal digits"));
  return text;
}

double get_time(const JsonObject& json, const char* key) {
  const auto time = json.get<double>(key);
  if (!std::isfinite(time) || time < 0 || time > 1e12) throw json.error(cat("'", key, "' is out of range"));
  return time;
}

std::string get_text(const JsonObject& json, const char* key) {
  auto text = json.get<std::string>(key);
  if (text.size() > kLongestText) throw json.error(cat("'", key, "' is too long"));
  return text;
}

// The study, session and rater of a line. Line: Answer, SessionHead or Showing.
template <class Line>
void get_session(const JsonObject& json, Line& line) {
  line.study = get_hex(json, "study", 16);
  line.session = get_hex(json, "session", 16);
  line.rater = json.get_within<int64_t>("rater", within(1, kMax));
}

// The members that an answer posted by the page and a line of a file have in common.
void get_common(const JsonObject& json, Answer& a) {
  a.trial = json.get_within<int64_t>("trial", within(1, kMax));
  const auto choice = json.get<std::string>("choice");
  if (choice != "left" && choice != "right") throw json.wrong("choice", "left or right");
  a.left = choice == "left";
  a.onset = get_time(json, "onset");
  a.offset = get_time(json, "offset");
  a.response = get_time(json, "response");
  a.longest_frame = get_time(json, "longest_frame");
  a.pixel_ratio = get_time(json, "pixel_ratio");
  a.zoom = get_time(json, "zoom");
  a.shown_width = get_time(json, "shown_width");
  for (const auto& [key, to] : {std::pair<const char*, int64_t*>{"frames", &a.frames},
                                {"early", &a.early},
                                {"focus_losses", &a.focus_losses},
                                {"showings", &a.showings},
                                {"window_width", &a.window_width},
                                {"window_height", &a.window_height}})
    *to = json.get_within<int64_t>(key, within(0, 1000000000));
  a.nonce = get_text(json, "nonce");
}

Answer parse_answer(const JsonObject& json) {
  Answer a;
  get_session(json, a);
  const auto kind = json.get<std::string>("rater_kind");
  if (kind != "human" && kind != "machine") throw json.wrong("rater_kind", "human or machine");
  a.machine = kind == "machine";
  if (a.machine) a.machine_name = get_text(json, "machine");
  get_common(json, a);
  if (json.contains("elapsed")) a.elapsed = json.get<int64_t>("elapsed");
  a.time = get_text(json, "time");
  json.refuse_unread();
  return a;
}

SessionHead parse_head(const JsonObject& json) {
  SessionHead head;
  if (json.get<std::string>("format") != kFormat) throw json.error("it is not a file of answers of this version");
  get_session(json, head);
  // An empty token is no token.
  if (json.contains("token") && !json.get<std::string>("token").empty()) head.token = get_hex(json, "token", 32);
  head.name = get_text(json, "name");
  head.agent = get_text(json, "agent");
  head.time = get_text(json, "time");
  json.refuse_unread();
  return head;
}

Showing parse_showing(const JsonObject& json) {
  Showing showing;
  get_session(json, showing);
  showing.trial = json.get_within<int64_t>("shown", within(1, kMax));
  showing.number = json.get_within<int64_t>("showing", at_least(1));
  showing.time = get_text(json, "time");
  json.refuse_unread();
  return showing;
}

std::string plain(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string answer_line(const Answer& a) {
  nlohmann::ordered_json json = {
      {"study", a.study}, {"session", a.session}, {"rater_kind", a.machine ? "machine" : "human"}};
  if (a.machine) json["machine"] = a.machine_name;
  json["rater"] = a.rater;
  json["trial"] = a.trial;
  json["choice"] = a.left ? "left" : "right";
  json["onset"] = a.onset, json["offset"] = a.offset, json["response"] = a.response;
  json["frames"] = a.frames, json["longest_frame"] = a.longest_frame;
  json["early"] = a.early, json["focus_losses"] = a.focus_losses, json["showings"] = a.showings;
  json["pixel_ratio"] = a.pixel_ratio, json["zoom"] = a.zoom;
  json["window_width"] = a.window_width, json["window_height"] = a.window_height, json["shown_width"] = a.shown_width;
  json["nonce"] = a.nonce;
  if (a.elapsed >= 0) json["elapsed"] = a.elapsed;
  json["time"] = a.time;
  return plain(json);
}

Answer parse_posted(const std::string& body) {
  const JsonObject json = JsonObject::parse(body, "the answer", 1);
  Answer a;
  get_common(json, a);
  json.refuse_unread();
  return a;
}

std::string head_line(const SessionHead& head) {
  nlohmann::ordered_json json = {{"format", kFormat}, {"study", head.study}, {"session", head.session}};
  if (!head.token.empty()) json["token"] = head.token;
  json["rater"] = head.rater;
  json["name"] = head.name, json["agent"] = head.agent, json["time"] = head.time;
  return plain(json);
}

std::string showing_line(const Showing& showing) {
  return plain({{"study", showing.study},
                {"session", showing.session},
                {"rater", showing.rater},
                {"shown", showing.trial},
                {"showing", showing.number},
                {"time", showing.time}});
}

AnswersFile read_answers(const std::string& path) {
  AnswersFile file;
  const std::string text = read_text(path);
  int64_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    if (end == std::string::npos) {
      file.cut = true;
      break;
    }
    const std::string where = cat(path, ", line ", ++number);
    const std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    file.whole_bytes = at;
    if (line.empty() || line == "\r") continue;
    try {
      const JsonObject json = JsonObject::parse(line, where, 1);
      if (json.contains("format"))
        file.heads.push_back(parse_head(json));
      else if (json.contains("shown"))
        file.showings.push_back(parse_showing(json));
      else
        file.answers.push_back(parse_answer(json));
    } catch (const DataError& error) {
      file.damaged.push_back(error.what());
    }
  }
  return file;
}

std::string utc_now() {
  char text[32];
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace sr3
