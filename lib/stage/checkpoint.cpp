#include "stage/checkpoint.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "format/digest.h"
#include "format/json.h"

namespace sr3 {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kIndex = "index.json";

// Forces a file or folder to disk, so that a rename never becomes durable before the data that it names. Messages call it `name`.
void sync(const std::string& path, int flags, const std::string& name) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) throw Error(cat("cannot open '", name, "': ", std::strerror(errno)));
  // Some file systems do not support fsync on folders; they report EINVAL.
  const bool failed = fsync(fd) != 0 && errno != EINVAL;
  const int reason = errno;
  close(fd);
  if (failed) throw Error(cat("cannot write '", name, "': ", std::strerror(reason)));
}

void sync_folder(const std::string& path, const std::string& name) {
  sync(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY, name);
}

void move(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0)
    throw Error(cat("cannot rename '", from, "' to '", to, "': ", std::strerror(errno)));
}

void remove_all(const std::string& path) {
  std::error_code failure;
  fs::remove_all(path, failure);
  if (failure) throw Error(cat("cannot remove '", path, "': ", failure.message()));
}

bool complete(const std::string& folder) { return fs::exists(folder + "/" + kIndex); }

template <class List>
auto& find(const List& list, const std::string& name, const std::string& folder) {
  for (const auto& [key, value] : list)
    if (key == name) return value;
  throw DataError(cat("cannot use '", folder, "': there is no '", name, "'"));
}

}  // namespace

TensorFile Checkpoint::file(const std::string& name, const std::string& folder) const {
  return read_safetensors(find(stored, name, folder));
}

const std::string& Checkpoint::text(const std::string& name, const std::string& folder) const {
  return find(texts, name, folder);
}

void write_checkpoint(const std::string& folder, const Checkpoint& checkpoint) {
  const std::string fresh = folder + ".new", old = folder + ".old";
  remove_all(fresh);
  if (mkdir(fresh.c_str(), 0777) != 0) throw Error(cat("cannot make '", fresh, "': ", std::strerror(errno)));
  json files = json::object();
  const auto done = [&](const std::string& name) {
    const std::string path = fresh + "/" + name;
    sync(path, O_RDONLY, path);
    files[name] = {{"size", fs::file_size(path)}, {"sha256", sha256_file(path)}};
  };
  for (const auto& [name, file] : checkpoint.tensors) {
    write_safetensors(fresh + "/" + name, file);
    done(name);
  }
  for (const auto& [name, write] : checkpoint.written) {
    write(fresh + "/" + name);
    done(name);
  }
  for (const auto& [name, text] : checkpoint.texts) {
    write_file(fresh + "/" + name, text);
    done(name);
  }
  // The index comes last: a folder that has one is complete.
  write_file(fresh + "/" + kIndex, json{{"files", files}}.dump(2) + "\n");
  sync(fresh + "/" + kIndex, O_RDONLY, fresh + "/" + kIndex);
  sync_folder(fresh, fresh);

  remove_all(old);
  if (fs::exists(folder)) move(folder, old);
  move(fresh, folder);
  sync_folder(directory_of(folder), folder);
  remove_all(old);
}

std::optional<Checkpoint> read_checkpoint(const std::string& folder) {
  const std::string fresh = folder + ".new", old = folder + ".old";
  // The writer was killed between the two renames: the new folder is complete, as the old one was moved away only after that.
  if (!fs::exists(folder)) {
    if (complete(fresh))
      move(fresh, folder);
    else if (complete(old))
      move(old, folder);
    else
      return {};
  }
  remove_all(fresh);
  remove_all(old);

  const std::string index_path = folder + "/" + kIndex;
  Checkpoint checkpoint;
  const JsonObject index = JsonObject::parse(read_text(index_path), index_path, /*max_depth=*/4, "use");
  const auto files = index.get<JsonObject>("files");
  for (const std::string& name : files.keys()) {
    const std::string path = folder + "/" + name;
    if (name.find('/') != std::string::npos) throw index.error(cat("bad name '", name, "'"));
    std::error_code failure;
    const auto found = fs::file_size(path, failure);
    if (failure) throw DataError(cat("cannot read '", path, "': ", failure.message()));
    // Older indexes have the size alone.
    const bool with_digest = files.is_object(name);
    const auto entry = with_digest ? files.get<JsonObject>(name) : JsonObject();
    const auto size = with_digest ? entry.get<uint64_t>("size") : files.get<uint64_t>(name);
    if (found != size)
      throw DataError(cat("cannot use '", path, "': it has ", found, " bytes, but the index states ", size));
    if (with_digest && sha256_file(path) != entry.get<std::string>("sha256"))
      throw DataError(cat("cannot use '", path, "': its digest differs from the one in the index, so it is damaged"));
    if (extension_of(name) == "safetensors")
      checkpoint.stored.emplace_back(name, path);
    else
      checkpoint.texts.emplace_back(name, read_text(path));
  }
  return checkpoint;
}

void remove_checkpoint(const std::string& folder) {
  remove_all(folder + ".new");
  remove_all(folder + ".old");
  remove_all(folder);
}

}  // namespace sr3
