#include "fid/signature.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/history.h"
#include "format/json.h"

namespace sr3 {
namespace {

constexpr int kFormat = 1;

std::string known(const std::string& text) { return text.empty() ? "?" : text; }
std::string known(int64_t value, int64_t unknown) { return value == unknown ? "?" : std::to_string(value); }

std::string field(const std::string& name, const Signature& s) {
  if (name == "features") return s.sha256.empty() ? known(s.features) : cat(s.features, ":", s.sha256.substr(0, 8));
  if (name == "resize") return known(s.resize);
  if (name == "scale") return known(s.scale);
  return known(s.ddof, -1);
}

bool differ(const std::string& name, const Signature& a, const Signature& b) {
  if (name == "features" && !a.sha256.empty() && !b.sha256.empty()) return a.sha256 != b.sha256;
  const std::string x = field(name, a), y = field(name, b);
  return x != "?" && y != "?" && x != y;
}

// The known value of a or else of b; both values if they differ.
std::string of_both(const std::string& name, const Signature& a, const Signature& b) {
  const std::string x = field(name, a), y = field(name, b);
  if (differ(name, a, b)) return cat(x, "/", y);
  return x == "?" ? y : x;
}

constexpr const char* kFields[] = {"features", "resize", "scale", "ddof"};

}  // namespace

std::string Signature::json() const {
  nlohmann::ordered_json object;
  object["format"] = kFormat;
  object["features"] = features, object["sha256"] = sha256, object["inception"] = inception;
  object["resize"] = resize, object["scale"] = scale, object["ddof"] = ddof;
  object["images"] = images, object["lossy"] = lossy, object["set"] = set;
  return compact_json(object);
}

Signature Signature::from_json(const std::string& text) {
  const JsonObject json = JsonObject::parse(text, "signature", /*max_depth=*/1);
  if (const int64_t format = json.get_within<int64_t>("format", at_least(1)); format != kFormat)
    throw json.error(cat("its format is ", format, ", which is newer than this program"));
  Signature s;
  s.features = json.get<std::string>("features"), s.sha256 = json.get<std::string>("sha256");
  s.resize = json.get<std::string>("resize"), s.scale = json.get<std::string>("scale");
  s.set = json.get<std::string>("set");
  s.ddof = json.get_within<int64_t>("ddof", at_least(-1));
  s.images = json.get_within<int64_t>("images", at_least(0));
  s.lossy = json.get_within<int64_t>("lossy", at_least(-1));
  s.inception = json.get<bool>("inception");
  return s;
}

std::string difference(const Signature& a, const Signature& b) {
  for (const char* name : kFields)
    if (differ(name, a, b)) return name;
  return "";
}

std::string values_of(const std::string& name, const Signature& a, const Signature& b) {
  return cat("'", field(name, a), "' and '", field(name, b), "'");
}

std::string signature_line(const Signature& a, const Signature& b) {
  std::string line;
  for (const char* name : kFields) line += cat(name, ":", of_both(name, a, b), "|");
  return cat(line, "n:", known(a.images, 0), "/", known(b.images, 0), "|lossy:", known(a.lossy, -1), "/",
             known(b.lossy, -1), "|v:", kVersion);
}

}  // namespace sr3
