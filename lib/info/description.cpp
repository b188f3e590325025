#include "info/description.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/table.h"
#include "fid/array_images.h"
#include "fid/statistics.h"
#include "format/json.h"
#include "import/describe.h"
#include "info/stage_description.h"
#include "stream/names.h"

namespace sr3 {

namespace {

Description statistics_rows(const std::string& path) {
  if (ArrayImages::has_images(path) && !has_moments(path)) {
    const ArrayImages images(path, Shard(), INT64_MAX);
    return {{"what", "images in an array (arr_0)"}, {"images", std::to_string(images.total())}};
  }
  const Statistics s = read_statistics(path);
  const auto known = [](const std::string& text) { return text.empty() ? std::string("?") : text; };
  std::string kept = s.mergeable() ? "sums, which merge exactly" : "mean and covariance, which do not merge";
  if (s.pool.size() > 1) kept += cat(" (of ", s.pool.size(), " groups)");
  if (s.features.defined()) kept += "; the features of each image";
  if (s.probabilities.defined()) kept += "; class probabilities";
  if (!s.spatial.empty() || s.given_spatial) kept += "; spatial features";
  const Signature& made = s.signature;
  return {{"what", "statistics of images"},
          {"images", s.count() > 0 ? std::to_string(s.count()) : "?"},
          {"dimension", std::to_string(s.dimension())},
          {"features", cat(known(made.features), made.inception ? " (FID's Inception)" : "")},
          {"sha256", known(made.sha256)},
          {"resize", known(made.resize)},
          {"scale", known(made.scale)},
          {"kept", kept},
          {"set", known(made.set)}};
}

// Whether the file begins as a JSON object does; files of weights do not.
bool is_json(const std::string& path) {
  FileSource source(path);
  uint8_t byte = 0;
  while (source.read(&byte, 1) == 1)
    if (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t') return byte == '{';
  return false;
}

}  // namespace

Description describe_file(const std::string& path) {
  Description rows;
  constexpr const char* kKnown = "; info takes manifests, weights, checkpoints and statistics (.npz)";
  const bool folder = std::filesystem::is_directory(path);
  if (folder && !std::filesystem::exists(path + "/config.json") && !std::filesystem::exists(path + "/unet"))
    throw DataError(cat("cannot describe '", path, "': it is a folder without a network's config.json", kKnown));
  if (is_image_name(path)) throw DataError(cat("cannot describe '", path, "': it is an image", kKnown));
  if (folder || (!path.ends_with(".npz") && !is_json(path))) {
    rows = describe_checkpoint(path);
    rows.insert(rows.begin() + 1, {"what", "weights"});
    return rows;
  }
  rows = path.ends_with(".npz") ? statistics_rows(path) : manifest_rows(path);
  rows.insert(rows.begin(), {"file", path});
  return rows;
}

std::string description_text(const Description& rows, bool json) {
  if (json) {
    nlohmann::ordered_json line;
    for (const auto& [name, text] : rows) line[name] = text;
    return compact_json(line) + "\n";
  }
  std::string text;
  for (const auto& [name, cell] : rows) text += cat(name, "\t", plain_cell(cell), "\n");
  return text;
}

}  // namespace sr3
