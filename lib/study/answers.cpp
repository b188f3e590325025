#include "study/answers.h"

#include <cmath>
#include <ctime>

#include "base/error.h"
#include "base/file.h"
#include "format/json.h"
#include "study/members.h"

namespace sr3 {
namespace {

constexpr const char* kFormat = "confusion-answers 1";
constexpr size_t kLongestText = 500;
constexpr int64_t kMax = 1000000;

void check_hex(const std::string& text, size_t digits, const char* key, const std::string& where) {
  if (text.size() != digits || text.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw DataError(cat("cannot read '", where, "': '", key, "' is not ", digits, " hexadecimal digits"));
}

void take_time(Members& fields, const char* key, double& to) {
  fields.take(key, to);
  if (!std::isfinite(to) || to < 0 || to > 1e12)
    throw DataError(cat("cannot read '", fields.where(), "': '", key, "' is out of range"));
}

void take_text(Members& fields, const char* key, std::string& to) {
  fields.take(key, to);
  if (to.size() > kLongestText) throw DataError(cat("cannot read '", fields.where(), "': '", key, "' is too long"));
}

// The study, session and rater of a line.
void take_session(Members& fields, std::string& study, std::string& session, int64_t& rater) {
  fields.take("study", study);
  fields.take("session", session);
  check_hex(study, 16, "study", fields.where());
  check_hex(session, 16, "session", fields.where());
  fields.take("rater", rater, within(1, kMax));
}

// The members that an answer posted by the page and a line of a file have in common.
void take_common(Members& fields, Answer& a) {
  std::string choice;
  fields.take("trial", a.trial, within(1, kMax));
  fields.take("choice", choice);
  if (choice != "left" && choice != "right")
    throw DataError(cat("cannot read '", fields.where(), "': 'choice' is left or right"));
  a.left = choice == "left";
  take_time(fields, "onset", a.onset);
  take_time(fields, "offset", a.offset);
  take_time(fields, "response", a.response);
  take_time(fields, "longest_frame", a.longest_frame);
  take_time(fields, "pixel_ratio", a.pixel_ratio);
  take_time(fields, "zoom", a.zoom);
  take_time(fields, "shown_width", a.shown_width);
  for (const auto& [key, to] : {std::pair<const char*, int64_t*>{"frames", &a.frames},
                                {"early", &a.early},
                                {"focus_losses", &a.focus_losses},
                                {"showings", &a.showings},
                                {"window_width", &a.window_width},
                                {"window_height", &a.window_height}})
    fields.take(key, *to, within(0, 1000000000));
  take_text(fields, "nonce", a.nonce);
}

Answer parse_answer(const nlohmann::json& json, const std::string& where) {
  Answer a;
  Members fields(json, where);
  std::string kind;
  take_session(fields, a.study, a.session, a.rater);
  fields.take("rater_kind", kind);
  if (kind != "human" && kind != "machine")
    throw DataError(cat("cannot read '", where, "': 'rater_kind' is human or machine"));
  a.machine = kind == "machine";
  if (a.machine) take_text(fields, "machine", a.machine_name);
  take_common(fields, a);
  fields.take_maybe("elapsed", a.elapsed);
  take_text(fields, "time", a.time);
  fields.done();
  return a;
}

SessionHead parse_head(const nlohmann::json& json, const std::string& where) {
  SessionHead head;
  Members fields(json, where);
  std::string format;
  fields.take("format", format);
  if (format != kFormat) throw DataError(cat("cannot read '", where, "': it is not a file of answers of this version"));
  take_session(fields, head.study, head.session, head.rater);
  fields.take_maybe("token", head.token);
  if (!head.token.empty()) check_hex(head.token, 32, "token", where);
  take_text(fields, "name", head.name);
  take_text(fields, "agent", head.agent);
  take_text(fields, "time", head.time);
  fields.done();
  return head;
}

Showing parse_showing(const nlohmann::json& json, const std::string& where) {
  Showing showing;
  Members fields(json, where);
  take_session(fields, showing.study, showing.session, showing.rater);
  fields.take("shown", showing.trial, within(1, kMax));
  fields.take("showing", showing.number, at_least(1));
  take_text(fields, "time", showing.time);
  fields.done();
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
  const std::string where = "the answer";
  const nlohmann::json json = parse_json(body, where, 1);
  Answer a;
  Members fields(json, where);
  take_common(fields, a);
  fields.done();
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
      const nlohmann::json json = parse_json(line, where, 1);
      if (json.is_object() && json.contains("format"))
        file.heads.push_back(parse_head(json, where));
      else if (json.is_object() && json.contains("shown"))
        file.showings.push_back(parse_showing(json, where));
      else
        file.answers.push_back(parse_answer(json, where));
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
