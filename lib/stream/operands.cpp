#include "stream/operands.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "image/pnm.h"
#include "stream/archive.h"
#include "stream/frame.h"
#include "stream/input.h"
#include "stream/names.h"

namespace sr3 {

namespace {

struct stat status_of(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) throw Error(cat("cannot open '", path, "': ", std::strerror(errno)));
  return status;
}

using Place = std::pair<dev_t, ino_t>;

constexpr int64_t kMaxLinks = 10000;

struct Found {
  std::vector<std::string> images;
  OtherImages others;
  int64_t links = 0;
};

// Collects the paths, relative to root, of the images below root + below. Links to folders are followed, except in cycles.
// Their number is limited, because a few folders that link to one another already have astronomically many paths.
void walk(const std::string& root, const std::string& below, std::set<Place> above, Found& found) {
  const struct stat here = status_of(root + below);
  if (!above.insert({here.st_dev, here.st_ino}).second) return;
  DIR* folder = ::opendir((root + below).c_str());
  if (!folder) throw Error(cat("cannot open '", root + below, "': ", std::strerror(errno)));
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder))
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  ::closedir(folder);
  for (const auto& name : names) {
    struct stat status;
    // A dangling link is not there; it is reported when it is read.
    const bool there = ::stat((root + below + name).c_str(), &status) == 0;
    if (there && S_ISDIR(status.st_mode)) {
      struct stat itself;
      const bool link = ::lstat((root + below + name).c_str(), &itself) == 0 && S_ISLNK(itself.st_mode);
      if (link && ++found.links > kMaxLinks)
        throw Error(cat("cannot read '", root, "': more than ", kMaxLinks, " linked folders below it"));
      walk(root, below + name + "/", above, found);
    } else if ((!there || S_ISREG(status.st_mode)) && is_image_name(name)) {
      found.images.push_back(below + name);
    } else {
      found.others.add(below + name);
    }
  }
}

std::vector<Part> folder_parts(const std::string& folder, bool report_skipped) {
  const std::string root = folder.ends_with('/') ? folder : folder + "/";
  Found found;
  walk(root, "", {}, found);
  std::vector<std::string>& paths = found.images;
  const std::string skipped = found.others.text();
  if (paths.empty()) throw Error(cat("no images in '", folder, "'", skipped.empty() ? "" : ", but ", skipped));
  if (report_skipped && !skipped.empty()) warn(cat("'", folder, "': skipping ", skipped));
  std::sort(paths.begin(), paths.end());
  const auto keys = keys_of(paths);
  std::vector<Part> parts;
  for (size_t i = 0; i < paths.size(); ++i)
    parts.push_back({Part::kImage, root + paths[i], keys[i], first_folder(paths[i])});
  return parts;
}

// The part of a regular file, by its content. A PNM file may hold many images, as netpbm's programs write them: that is a
// stream.
Part file_part(const std::string& path, uint64_t size) {
  std::optional<Input> input;
  try {
    input.emplace(path, nullptr);
  } catch (const Error&) {  // reported when the image is read, or skipped
    return {Part::kImage, path, clean_key(stem_of(path))};
  }
  PeekSource source(*input);
  auto head = source.peek(512);
  if (is_archive(head)) return {Part::kArchive, path, ""};
  if (head.size() >= 2 && head[0] == 'P' && head[1] >= '5' && head[1] <= '7') {
    head = source.peek(kPnmMaxHeader);
    try {
      const auto header = parse_pnm_header(head, path, {INT64_MAX});
      if (header && header->raster + header->size() < size) return {Part::kStream, path, ""};
    } catch (const DataError&) {  // reported when the image is read
    }
  }
  return {Part::kImage, path, clean_key(stem_of(path))};
}

std::vector<Part> parts_of(const std::string& operand, bool report_skipped) {
  if (operand == "-") return {{Part::kStream, "-", ""}};
  const struct stat status = status_of(operand);
  if (S_ISDIR(status.st_mode)) return folder_parts(operand, report_skipped);
  if (S_ISREG(status.st_mode)) return {file_part(operand, static_cast<uint64_t>(status.st_size))};
  return {{Part::kStream, operand, ""}};
}

// Files of a list have keys of their paths as written, so that equal names in different class folders stay distinct.
std::vector<Part> list_parts(const std::string& list, bool report_skipped) {
  std::vector<Part> parts;
  std::vector<size_t> files;
  std::vector<std::string> paths;
  for (std::string line : read_lines(list)) {
    std::string label;
    // A file may have a tab in its name, too.
    const size_t tab = line.find('\t');
    if (struct stat status; tab != std::string::npos && ::stat(line.c_str(), &status) != 0) {
      label = line.substr(tab + 1);
      line.resize(tab);
      if (label.empty() || label.find('\t') != std::string::npos)
        throw DataError(cat("cannot use the list '", list, "': '", line, "' is not followed by one tab and a class"));
    }
    if (line.empty()) continue;
    for (auto& part : parts_of(line, report_skipped)) {
      part.label = label;
      if (part.kind == Part::kImage && part.path == line) {
        part.folder = last_folder(line);
        files.push_back(parts.size());
        paths.push_back(line);
      }
      parts.push_back(std::move(part));
    }
  }
  if (parts.empty()) throw Error(cat("no images in '", list, "'"));
  const auto keys = keys_of(paths);
  for (size_t i = 0; i < files.size(); ++i) parts[files[i]].key = keys[i];
  return parts;
}

}  // namespace

std::vector<Part> expand_operands(const std::vector<std::string>& operands, bool report_skipped) {
  if (operands.empty()) {
    if (::isatty(STDIN_FILENO)) throw UsageError("no input: give images as operands, or pipe them in");
    return {{Part::kStream, "-", ""}};
  }
  std::vector<Part> parts;
  for (const auto& operand : operands) {
    auto some = operand.size() > 1 && operand[0] == '@' ? list_parts(operand.substr(1), report_skipped)
                                                        : parts_of(operand, report_skipped);
    std::move(some.begin(), some.end(), std::back_inserter(parts));
  }
  return parts;
}

std::vector<Part> known_parts(const std::vector<std::string>& operands) {
  std::vector<std::string> known;
  struct stat status;
  for (const std::string& operand : operands)
    if (!operand.starts_with('@') || operand.size() == 1 || ::stat(operand.c_str() + 1, &status) != 0 ||
        S_ISREG(status.st_mode))
      known.push_back(operand);
  return known.empty() ? std::vector<Part>{} : expand_operands(known, /*report_skipped=*/false);
}

}  // namespace sr3
