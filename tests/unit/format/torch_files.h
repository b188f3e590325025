// Files of torch.save made by hand, valid or invalid, for the tests and for fuzzing.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"

namespace torch_files {

inline std::string raw(uint64_t value, size_t bytes) { return {reinterpret_cast<const char*>(&value), bytes}; }
inline std::string text(const std::string& s) { return std::string("X") + raw(s.size(), 4) + s; }
inline std::string number(int64_t n) { return std::string("\x8a\x08") + raw(static_cast<uint64_t>(n), 8); }
inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string tuple(const std::vector<std::string>& items) {
  std::string all = "(";
  for (const std::string& item : items) all += item;
  return all + "t";
}
inline std::string numbers(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (const int64_t value : values) items.push_back(number(value));
  return tuple(items);
}
inline std::string storage(const std::string& type, const std::string& key, int64_t numel) {
  return tuple({text("storage"), global("torch", type), text(key), text("cpu"), number(numel)}) + "Q";
}
inline std::string ordered_dict() { return global("collections", "OrderedDict") + ")R"; }
inline std::string tensor(const std::string& storage, int64_t offset, const std::vector<int64_t>& size,
                          const std::vector<int64_t>& stride) {
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple({storage, number(offset), numbers(size), numbers(stride), "\x89", ordered_dict()}) + "R";
}
// {"name": value, ...}
inline std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string all = ordered_dict() + "(";
  for (const auto& [name, value] : items) all += text(name) + value;
  return all + "u";
}
inline std::string pickle(const std::string& value) { return std::string("\x80\x02") + value + "."; }

// Storages in the order of the file: key, number of elements as stated in the file, data.
struct Stored {
  std::string key;
  int64_t numel;
  std::string data;
};

inline std::string legacy(const std::string& value, const std::vector<Stored>& storages) {
  std::string keys = "](";
  std::string data;
  for (const Stored& s : storages) {
    keys += text(s.key);
    data += raw(static_cast<uint64_t>(s.numel), 8) + s.data;
  }
  return pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + pickle("M\xe9\x03") +
         pickle("}" + text("little_endian") + "\x88s") + pickle(value) + pickle(keys + "e") + data;
}

// A zip file with these members, stored or deflated.
inline std::string zipped(const std::vector<std::pair<std::string, std::string>>& members,
                          const char* compression = "store") {
  std::string out(1 << 16, '\0');
  for (const auto& member : members) out.resize(out.size() + member.second.size() + 1024);
  size_t used = 0;
  struct archive* handle = archive_write_new();
  archive_write_set_format_zip(handle);
  archive_write_set_options(handle, (std::string("zip:compression=") + compression).c_str());
  archive_write_set_bytes_in_last_block(handle, 1);
  archive_write_open_memory(handle, out.data(), out.size(), &used);
  for (const auto& [name, bytes] : members) {
    struct archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<int64_t>(bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(handle, entry);
    archive_write_data(handle, bytes.data(), bytes.size());
    archive_entry_free(entry);
  }
  archive_write_close(handle);
  archive_write_free(handle);
  out.resize(used);
  return out;
}

inline std::string zip(const std::string& value, const std::vector<Stored>& storages) {
  std::vector<std::pair<std::string, std::string>> members = {{"archive/data.pkl", pickle(value)}};
  for (const Stored& s : storages) members.emplace_back("archive/data/" + s.key, s.data);
  members.emplace_back("archive/version", "3\n");
  return zipped(members);
}

inline std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

}  // namespace torch_files
