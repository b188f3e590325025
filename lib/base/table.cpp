#include "base/table.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/log.h"

namespace sr3 {

namespace {

using Cells = std::vector<std::string>;

Cells parts_of(const std::string& text, char separator) {
  Cells parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

size_t width_of(const std::string& cell) {
  return static_cast<size_t>(
      std::count_if(cell.begin(), cell.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void add_table(const std::vector<Cells>& rows, std::string& out) {
  std::vector<size_t> widths;
  for (const Cells& row : rows) {
    if (widths.size() < row.size()) widths.resize(row.size());
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    out += '\n';
  }
}

}  // namespace

std::string aligned(const std::string& text) {
  std::vector<std::string> lines = parts_of(text, '\n');
  const bool ends = lines.back().empty();
  if (ends) lines.pop_back();
  std::string out;
  std::vector<Cells> table;
  for (const std::string& line : lines) {
    if (line.find('\t') != std::string::npos) {
      table.push_back(parts_of(line, '\t'));
      continue;
    }
    add_table(table, out);
    table.clear();
    out += line + '\n';
  }
  add_table(table, out);
  if (!ends && !out.empty()) out.pop_back();
  return out;
}

std::string plain_cell(std::string name) {
  std::replace(name.begin(), name.end(), '\t', '?');
  return printable(std::move(name));
}

void print_table(const std::string& text) {
  const std::string shown = ::isatty(STDOUT_FILENO) ? aligned(text) : text;
  std::fwrite(shown.data(), 1, shown.size(), stdout);
}

}  // namespace sr3
