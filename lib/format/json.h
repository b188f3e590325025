// JSON, read strictly: what our files and other people's headers are held to.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace sr3 {

// DataError "cannot read 'origin': ..." on a syntax error (with its byte), invalid UTF-8, a key met twice in one
// object, and nesting deeper than max_depth (an object within the outermost has depth 2).
nlohmann::json parse_json(std::string_view text, const std::string& origin, int max_depth);

// UTF-8 without control characters: what a name in JSON lines and tab-separated tables can be.
bool is_plain_text(std::string_view text);

// Two-space indent, lists of plain values on one line, final newline. What is no UTF-8 is replaced.
std::string readable_json(const nlohmann::ordered_json& value);

}  // namespace sr3
