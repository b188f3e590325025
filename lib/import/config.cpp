#include "import/config.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"

namespace sr3 {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 22;
constexpr int kMaxDepth = 16;
constexpr int64_t kMaxCount = int64_t{1} << 31;

// Replaces comments by spaces: from "//" to the end of the line, but not within a string.
void blank_comments(std::string& text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text.compare(i, 2, "//") == 0) {
      while (i < text.size() && text[i] != '\n') text[i++] = ' ';
    }
  }
}

}  // namespace

int64_t get_count(const JsonObject& config, const std::string& key, int64_t otherwise) {
  return config.has(key) ? config.get_within<int64_t>(key, within(-kMaxCount, kMaxCount)) : otherwise;
}

std::vector<int64_t> get_counts(const JsonObject& config, const std::string& key,
                                const std::vector<int64_t>& otherwise) {
  if (!config.has(key)) return otherwise;
  const auto values = config.get<std::vector<int64_t>>(key);
  if (std::any_of(values.begin(), values.end(), [](int64_t n) { return n < -kMaxCount || n > kMaxCount; }))
    throw config.wrong(key, cat("a list of integers from ", -kMaxCount, " to ", kMaxCount));
  return values;
}

int64_t get_side(const JsonObject& config, const std::string& key) {
  if (!config.is_list(key)) return get_count(config, key, 0);
  const auto sides = get_counts(config, key, {});
  if (sides.size() != 2 || sides[0] != sides[1]) throw config.wrong(key, "an integer, or a list of two equal ones");
  return sides[0];
}

JsonObject get_section(const JsonObject& config, const std::string& key) { return config.get(key, JsonObject()); }

JsonObject parse_config(std::string text, const std::string& origin, bool comments) {
  if (comments) blank_comments(text);
  return JsonObject::parse(text, origin, kMaxDepth);
}

JsonObject read_config(const std::string& path, bool comments) {
  return parse_config(read_text(path, kMaxBytes), path, comments);
}

}  // namespace sr3
