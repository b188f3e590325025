// gather_csv of gather.h: answers of studies that were run with other tools.
#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "format/json.h"
#include "study/gather.h"

namespace sr3 {
namespace {

constexpr const char* kColumns[] = {"rater", "image", "model", "task", "fooled"};

// The fields of one line (RFC 4180, except that a quoted field cannot contain a newline).
std::vector<std::string> fields_of(std::string_view line, const std::string& where) {
  std::vector<std::string> fields(1);
  bool quoted = false, closed = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c != '"')
        fields.back() += c;
      else if (i + 1 < line.size() && line[i + 1] == '"')
        fields.back() += line[++i];
      else
        quoted = false, closed = true;
    } else if (c == ',') {
      fields.emplace_back();
      closed = false;
    } else if (c == '"' && fields.back().empty() && !closed) {
      quoted = true;
    } else {
      fields.back() += c;
    }
  }
  if (quoted) throw DataError(cat("cannot read '", where, "': a quote is not closed"));
  return fields;
}

struct Table {
  AnswerSet set;
  std::map<std::string, int64_t> raters, images, models;
  std::set<std::tuple<int64_t, int64_t, int64_t>> met;

  void add(const std::string& rater, const std::string& image, const std::string& model, bool fooled) {
    const auto number = [](std::map<std::string, int64_t>& names, const std::string& name) {
      return names.emplace(name, static_cast<int64_t>(names.size())).first->second;
    };
    Judged judged;
    judged.rater = number(raters, rater), judged.image = number(images, image), judged.model = number(models, model);
    judged.fooled = fooled;
    if (judged.model == static_cast<int64_t>(set.models.size())) set.models.push_back(model);
    if (judged.image == static_cast<int64_t>(set.images.size())) set.images.push_back(image);
    if (met.emplace(judged.rater, judged.image, judged.model).second)
      set.judged.push_back(judged);
    else
      ++set.dropped["answered twice"];
  }
};

bool parse_fooled(std::string text, const std::string& where) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  if (text == "1" || text == "true") return true;
  if (text == "0" || text == "false") return false;
  throw DataError(cat("cannot read '", where, "': fooled is '", text, "', not 0 or 1"));
}

// Adds the answers of a file to `tables`. Returns the number of damaged lines, which are left out.
int64_t read_table(const std::string& path, bool keep_going, std::map<int64_t, Table>& tables) {
  const std::string text = read_text(path);
  std::vector<size_t> columns;
  size_t width = 0;
  int64_t number = 0, damaged = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    const std::string where = cat(path, ", line ", ++number);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (columns.empty()) {
      if (line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
      const std::vector<std::string> names = fields_of(line, where);
      width = names.size();
      for (const char* column : kColumns) {
        const auto found = std::find(names.begin(), names.end(), column);
        if (found == names.end())
          throw DataError(cat("cannot read '", path, "': its first line does not name a column '", column, "'"));
        columns.push_back(static_cast<size_t>(found - names.begin()));
      }
      continue;
    }
    if (line.empty()) continue;
    try {
      const std::vector<std::string> fields = fields_of(line, where);
      if (fields.size() != width)
        throw DataError(cat("cannot read '", where, "': ", fields.size(), " fields instead of ", width));
      const auto field = [&](size_t k) { return fields[columns[k]]; };
      if (field(0).empty() || field(1).empty() || field(2).empty())
        throw DataError(cat("cannot read '", where, "': rater, image or model is empty"));
      for (const size_t k : {0, 1, 2})
        if (!is_plain_text(field(k)))
          throw DataError(cat("cannot read '", where, "': ", kColumns[k], " is not UTF-8 or has control characters"));
      if (field(3) != "1" && field(3) != "2")
        throw DataError(cat("cannot read '", where, "': task is '", field(3), "', not 1 or 2"));
      const bool fooled = parse_fooled(field(4), where);
      Table& table = tables[field(3) == "1" ? 1 : 2];
      table.set.task = field(3) == "1" ? 1 : 2;
      table.add(field(0), field(1), field(2), fooled);
    } catch (const DataError& error) {
      if (!keep_going) throw DataError(cat(error.what(), " (--keep-going leaves such lines out)"));
      if (++damaged <= 10) warn(error.what());
    }
  }
  if (columns.empty()) throw DataError(cat("cannot read '", path, "': it is empty"));
  return damaged;
}

}  // namespace

std::vector<AnswerSet> gather_csv(const std::vector<std::string>& paths, bool keep_going) {
  if (paths.empty()) throw UsageError("nothing to score: give a table, or - for standard input");
  std::map<int64_t, Table> tables;
  int64_t damaged = 0;
  for (const std::string& path : paths) damaged += read_table(path, keep_going, tables);
  if (damaged > 0 && !tables.empty()) tables.begin()->second.set.dropped["damaged"] += damaged;
  std::vector<AnswerSet> sets;
  for (auto& [task, table] : tables) {
    table.set.raters = "human";
    table.set.timed = false;
    sets.push_back(std::move(table.set));
  }
  return sets;
}

}  // namespace sr3
