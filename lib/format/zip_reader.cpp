#include "format/zip_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <new>

#include "base/error.h"

namespace sr3 {

struct ZipReader::Impl {
  std::string name;
  uint64_t file_size = 0;
  struct archive* handle = archive_read_new();

  explicit Impl(const std::string& of) : name(of) {
    if (!handle) throw std::bad_alloc();
    archive_read_support_format_zip_seekable(handle);
  }
  ~Impl() { archive_read_free(handle); }

  // Warnings are accepted for headers (an unusual time) but not for data: to libarchive a wrong checksum is only a warning.
  void check_header(int status) {
    if (status < ARCHIVE_WARN) fail();
  }
  [[noreturn]] void fail() {
    const char* said = archive_error_string(handle);
    std::string text = said && *said ? said : "damaged zip file";
    if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])))  // "ZIP bad CRC" stays
      text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    throw DataError(cat("cannot read '", name, "': ", text));
  }
};

ZipReader::ZipReader(const std::string& path) : impl_(std::make_unique<Impl>(path)) {
  FileSource exists(path);  // its message is better if there is no such file
  std::error_code failure;
  impl_->file_size = std::filesystem::file_size(path, failure);
  if (failure) throw Error(cat("cannot read '", path, "': ", failure.message()));
  if (archive_read_open_filename(impl_->handle, path.c_str(), size_t{1} << 16) == ARCHIVE_OK) return;
  // libarchive finds a zip file by its directory, which is at the end.
  uint8_t head[4] = {};
  FileSource begin(path);
  if (begin.read(head, 4) == 4 && std::equal(head, head + 4, "PK\3\4"))
    throw DataError(cat("cannot read '", path, "': the directory at its end is missing: the file is truncated"));
  impl_->fail();
}

ZipReader::ZipReader(std::span<const uint8_t> bytes, const std::string& name) : impl_(std::make_unique<Impl>(name)) {
  impl_->file_size = bytes.size();
  if (archive_read_open_memory(impl_->handle, bytes.data(), bytes.size()) != ARCHIVE_OK) impl_->fail();
}

ZipReader::~ZipReader() = default;

std::optional<ZipReader::Member> ZipReader::next() {
  for (;;) {
    struct archive_entry* entry = nullptr;
    const int status = archive_read_next_header(impl_->handle, &entry);
    if (status == ARCHIVE_EOF) return std::nullopt;
    impl_->check_header(status);
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    const char* path = archive_entry_pathname(entry);
    if (!path || !archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0)
      throw DataError(cat("cannot read '", impl_->name, "': a member lacks its name or size"));
    return Member{path, static_cast<uint64_t>(archive_entry_size(entry))};
  }
}

size_t ZipReader::read(uint8_t* to, size_t n) {
  const la_ssize_t got = archive_read_data(impl_->handle, to, n);
  if (got < 0) impl_->fail();
  return static_cast<size_t>(got);
}

const std::string& ZipReader::name() const { return impl_->name; }

uint64_t ZipReader::file_size() const { return impl_->file_size; }

}  // namespace sr3
