// Tables, whose cells are separated by tabs: programs read them from a pipe as they are, and people on a terminal get
// columns.
#pragma once

#include <string>

namespace sr3 {

// The text with the cells of each table padded to columns, two spaces apart. A table is a run of lines with tabs; other
// lines stay as they are. Characters are counted as UTF-8.
std::string aligned(const std::string& text);

// A name as a cell: without characters that would end it, or control the terminal.
std::string plain_cell(std::string name);

// Prints to standard output, aligned if that is a terminal.
void print_table(const std::string& text);

}  // namespace sr3
