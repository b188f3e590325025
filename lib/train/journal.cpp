#include "train/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "format/json.h"

namespace sr3 {

using nlohmann::ordered_json;

namespace {

[[noreturn]] void fail(const std::string& path) {
  throw Error(cat("cannot write '", path, "': ", std::strerror(errno)));
}

// JSON has no NaN and no infinity.
ordered_json number(double value) { return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr); }

// Timings do not need sixteen digits.
double rounded(double value, double parts) { return std::round(value * parts) / parts; }

// A line of either kind; neither if it is damaged.
struct Parsed {
  std::optional<JournalLine> line;
  std::optional<ValidationLine> validation;
};

// A number that is missing, or null because it was not finite, is NaN.
Parsed parse(const std::string& text) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  try {
    const JsonObject json = JsonObject::parse(text, "journal", /*max_depth=*/4);
    if (json.is_object("validation")) {
      const auto scores = json.get<JsonObject>("validation");
      ValidationLine line;
      line.step = json.get<int64_t>("step");
      line.loss = scores.get("loss", nan);
      line.by_level = scores.get("loss_by_level", std::vector<double>{});
      line.psnr = scores.get("psnr", nan);
      line.frechet = scores.get("frechet_distance", nan);
      return {{}, line};
    }
    JournalLine line;
    line.step = json.get<int64_t>("step");
    line.loss = json.get("loss", nan);
    line.learning_rate = json.get("learning_rate", nan);
    line.gradient_norm = json.get("gradient_norm", nan);
    line.bits = json.get("bits_per_dimension", nan);
    line.skipped = json.get<int64_t>("skipped", 0);
    line.images_per_second = json.get("images_per_second", nan);
    line.waiting = json.get("waiting", nan);
    line.communication = json.get("communication", nan);
    line.seconds = json.get("seconds", nan);
    return {line, {}};
  } catch (const DataError&) {
    return {};
  }
}

struct Whole {
  Parsed parsed;
  size_t begin, end;  // of its bytes
};

// The complete lines; an unfinished last line is left out.
std::vector<Whole> lines_of(const std::string& text) {
  std::vector<Whole> result;
  for (size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    result.push_back({parse(text.substr(at, end - at)), at, end + 1});
  return result;
}

}  // namespace

std::string journal_text(const JournalLine& line) {
  ordered_json json;
  json["step"] = line.step;
  json["loss"] = number(line.loss);
  json["learning_rate"] = number(line.learning_rate);
  json["gradient_norm"] = number(line.gradient_norm);
  if (std::isfinite(line.bits)) json["bits_per_dimension"] = line.bits;
  json["skipped"] = line.skipped;
  json["images_per_second"] = number(rounded(line.images_per_second, 1e3));
  json["waiting"] = number(rounded(line.waiting, 1e4));
  if (std::isfinite(line.communication)) json["communication"] = rounded(line.communication, 1e4);
  json["seconds"] = number(rounded(line.seconds, 10));
  return json.dump() + "\n";
}

std::string journal_text(const ValidationLine& line) {
  ordered_json scores;
  scores["loss"] = number(line.loss);
  for (const double loss : line.by_level) scores["loss_by_level"].push_back(number(loss));
  if (std::isfinite(line.psnr)) scores["psnr"] = line.psnr;
  if (std::isfinite(line.frechet)) scores["frechet_distance"] = line.frechet;
  ordered_json json;
  json["step"] = line.step;
  json["validation"] = scores;
  return json.dump() + "\n";
}

bool is_better(const std::string& metric, double value, double other) {
  if (std::isnan(value) || std::isnan(other)) return !std::isnan(value);
  return metric == "psnr" ? value > other : value < other;
}

double score_named(const std::string& metric, const ValidationLine& scores) {
  return metric == "loss" ? scores.loss : metric == "psnr" ? scores.psnr : scores.frechet;
}

Journal::Journal(const std::string& path) : path_(path), made_(access(path.c_str(), F_OK) != 0) {
  fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd_ < 0) fail(path);
}

Journal::~Journal() {
  struct stat status;
  if (made_ && fstat(fd_, &status) == 0 && status.st_size == 0) ::unlink(path_.c_str());
  ::close(fd_);
}

void Journal::cut(int64_t step, int64_t validated) {
  if (held_) return;
  const std::string text = step > 0 ? read_text(path_) : "";
  size_t keep = 0;      // bytes at the beginning that stay
  std::string further;  // lines that stay after one that does not
  for (const auto& [parsed, begin, end] : lines_of(text)) {
    const auto& [line, validation] = parsed;
    if ((line && line->step > step) || (validation && validation->step > validated)) continue;
    if (begin == keep)
      keep = end;
    else if (validation)
      further += text.substr(begin, end - begin);
  }
  if (ftruncate(fd_, static_cast<off_t>(keep)) != 0) fail(path_);
  write(further);
}

void Journal::append(const std::string& text) {
  if (held_)
    waiting_ += text;
  else
    write(text);
}

void Journal::release() {
  if (!std::exchange(held_, false)) return;
  if (ftruncate(fd_, 0) != 0) fail(path_);
  write(std::exchange(waiting_, ""));
}

void Journal::write(const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd_, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path_);
    done += static_cast<size_t>(n);
  }
}

std::vector<JournalLine> read_journal(const std::string& path) {
  std::vector<JournalLine> result;
  if (access(path.c_str(), F_OK) != 0) return result;
  for (const Whole& whole : lines_of(read_text(path)))
    if (whole.parsed.line) result.push_back(*whole.parsed.line);
  return result;
}

std::vector<ValidationLine> read_validations(const std::string& path) {
  std::vector<ValidationLine> result;
  if (access(path.c_str(), F_OK) != 0) return result;
  for (const Whole& whole : lines_of(read_text(path)))
    if (whole.parsed.validation) result.push_back(*whole.parsed.validation);
  return result;
}

}  // namespace sr3
