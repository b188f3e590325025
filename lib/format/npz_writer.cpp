#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <exception>

#include "base/error.h"
#include "base/file.h"
#include "format/npy.h"
#include "format/npz.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

struct ZipWriter {
  OutputFile out;
  std::exception_ptr failure;  // of the output, kept because it cannot pass through libarchive's C code
  struct archive* handle = archive_write_new();

  explicit ZipWriter(const std::string& path) : out(path) {
    if (!handle) throw std::bad_alloc();
    archive_write_set_format_zip(handle);
    archive_write_set_options(handle, "zip:compression=store");
    archive_write_set_bytes_in_last_block(handle, 1);
    check(archive_write_open(handle, this, nullptr, feed, nullptr));
  }
  ~ZipWriter() { archive_write_free(handle); }

  static la_ssize_t feed(struct archive* handle, void* self, const void* bytes, size_t n) {
    auto& writer = *static_cast<ZipWriter*>(self);
    if (!writer.failure) try {
        writer.out.write(bytes, n);
        return static_cast<la_ssize_t>(n);
      } catch (...) {
        writer.failure = std::current_exception();
      }
    archive_set_error(handle, EIO, "write failed");
    return -1;
  }
  void check(int64_t status) {
    if (failure) std::rethrow_exception(failure);
    if (status < ARCHIVE_WARN) throw Error(cat("cannot write a zip file: ", archive_error_string(handle)));
  }

  void member(const std::string& name, const std::string& descr, at::IntArrayRef shape, const void* data,
              size_t bytes) {
    const std::string head = npy_preamble(descr, shape);
    struct archive_entry* entry = archive_entry_new();
    if (!entry) throw std::bad_alloc();
    archive_entry_set_pathname(entry, cat(name, ".npy").c_str());
    archive_entry_set_size(entry, static_cast<int64_t>(head.size() + bytes));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    const int status = archive_write_header(handle, entry);
    archive_entry_free(entry);
    check(status);
    check(archive_write_data(handle, head.data(), head.size()));
    const auto* at = static_cast<const uint8_t*>(data);
    for (size_t done = 0, n; done < bytes; done += n) {
      n = std::min(bytes - done, size_t{1} << 24);
      check(archive_write_data(handle, at + done, n));
    }
  }

  void close() {
    check(archive_write_close(handle));
    out.close();
  }
};

}  // namespace

void write_npz(const std::string& path, const Npz& file) {
  ZipWriter zip(path);
  for (const auto& [name, text] : file.texts)
    zip.member(name, cat("|S", std::max<size_t>(text.size(), 1)), {}, text.empty() ? "" : text.data(),
               std::max<size_t>(text.size(), 1));
  for (const auto& [name, tensor] : file.arrays) {
    const at::Tensor plain = tensor.detach().cpu().contiguous();
    const char* descr = npy_descr(plain.scalar_type());
    if (!descr) throw Error(cat("cannot write '", path, "': array '", name, "' has a type that NumPy lacks"));
    zip.member(name, descr, plain.sizes(), plain.data_ptr(), plain.nbytes());
  }
  zip.close();
}

}  // namespace sr3
