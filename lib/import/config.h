// Other projects' configuration files in JSON. Keys may be missing or null, for the project's own default, and there are
// more keys than we use; stage manifests (stage/binder.h) are strict both ways.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "format/json.h"

namespace sr3 {

// The object in a file, or in a text that `origin` names in messages. comments: "//" comments are allowed. DataError if
// it is not one JSON object; its messages, and those of the object, start with "cannot read 'origin': ".
JsonObject read_config(const std::string& path, bool comments);
JsonObject parse_config(std::string text, const std::string& origin, bool comments);

// Sizes and counts, which are integers of at most 2^31 in magnitude, so that products of a few of them do not overflow;
// `otherwise` if the key is missing or null. DataError for anything else.
int64_t get_count(const JsonObject& config, const std::string& key, int64_t otherwise);
std::vector<int64_t> get_counts(const JsonObject& config, const std::string& key,
                                const std::vector<int64_t>& otherwise);
// The side of a square: one integer, or a list of two equal ones; 0 if the key is missing or null.
int64_t get_side(const JsonObject& config, const std::string& key);
// The object of a key; one without keys if it is missing or null.
JsonObject get_section(const JsonObject& config, const std::string& key);

}  // namespace sr3
