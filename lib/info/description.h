// What a file of this project or of another one is, in about ten lines: a stage, a cascade, weights, or statistics of
// images. Weights are not read beyond their names and shapes.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sr3 {

// Rows of name and text, in the order to print them.
using Description = std::vector<std::pair<std::string, std::string>>;

// The first rows are `file` and `what`. A manifest is recognised by its content, statistics by the ending .npz, and
// anything else is read as weights, a folder as one of diffusers. Throws DataError, which names the file, for what is none of
// these, or damaged.
Description describe_file(const std::string& path);

// A row "name<TAB>text" for each, or with `json` an object in one line.
std::string description_text(const Description& rows, bool json);

}  // namespace sr3
