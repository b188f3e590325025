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

// A record of RFC 4180, whose quoted fields may contain newlines.
struct Record {
  std::vector<std::string> fields{1};
  size_t end = 0;       // of the text, after the newline
  bool closed = false;  // false: a quote is not closed
};

// The record that begins at byte `at`. A quote that is not closed, or only by one within a later line's text, is a slip of
// its own line: the record then ends there, so that the lines after it are still read.
Record record_at(std::string_view text, size_t at) {
  Record record;
  bool quoted = false, closed = false;
  size_t i = at;
  const auto next = [&] { return i + 1 < text.size() ? text[i + 1] : '\n'; };
  for (; i < text.size(); ++i) {
    const char c = text[i];
    std::string& field = record.fields.back();
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && next() == '"') {
        field += text[++i];
      } else if (field.find('\n') != std::string::npos && next() != ',' && next() != '\r' && next() != '\n') {
        break;
      } else {
        quoted = false, closed = true;
      }
    } else if (c == '\n') {
      break;
    } else if (c == ',') {
      record.fields.emplace_back();
      closed = false;
    } else if (c == '"' && field.empty() && !closed) {
      quoted = true;
    } else if (c != '\r' || next() != '\n') {
      field += c;
    }
  }
  record.closed = !quoted;
  record.end = std::min(quoted ? text.find('\n', at) : i, text.size() - 1) + 1;
  return record;
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
  for (size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; at < text.size();) {
    const Record record = record_at(text, at);
    const std::string where = cat(path, ", line ", number + 1);
    number +=
        std::count(text.begin() + static_cast<ptrdiff_t>(at), text.begin() + static_cast<ptrdiff_t>(record.end), '\n');
    at = record.end;
    const std::vector<std::string>& fields = record.fields;
    const auto check_closed = [&] {
      if (!record.closed) throw DataError(cat("cannot read '", where, "': a quote is not closed"));
    };
    if (columns.empty()) {
      check_closed();
      width = fields.size();
      for (const char* column : kColumns) {
        const auto found = std::find(fields.begin(), fields.end(), column);
        if (found == fields.end())
          throw DataError(cat("cannot read '", path, "': its first line does not name a column '", column, "'",
                              fields.size() == 1 && fields[0].find_first_of(";\t") != std::string::npos
                                  ? ", as its fields are not separated by commas"
                                  : ""));
        if (std::find(found + 1, fields.end(), column) != fields.end())
          throw DataError(cat("cannot read '", path, "': its first line names the column '", column, "' twice"));
        columns.push_back(static_cast<size_t>(found - fields.begin()));
      }
      continue;
    }
    if (fields.size() == 1 && fields[0].empty()) continue;
    try {
      check_closed();
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
