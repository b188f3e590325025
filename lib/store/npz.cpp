#include "store/npz.h"

#include <ATen/ATen.h>
#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <exception>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "store/zip_reader.h"

namespace sr3 {
namespace {

static_assert(std::endian::native == std::endian::little, "data is stored little-endian, and copied as it is");

constexpr uint64_t kMaxHeader = uint64_t{1} << 20;  // a shape of a few sizes; numpy itself warns beyond 10,000 bytes
constexpr uint64_t kMaxRatio = 1100;                // deflate cannot shrink further than 1032 times
constexpr std::string_view kMagic = "\x93NUMPY";

struct Type {
  const char* descr;
  at::ScalarType type;
};
constexpr Type kTypes[] = {{"<f8", at::kDouble}, {"<f4", at::kFloat}, {"<f2", at::kHalf},
                           {"<i8", at::kLong},   {"<i4", at::kInt},   {"<i2", at::kShort},
                           {"|i1", at::kChar},   {"|u1", at::kByte},  {"|b1", at::kBool}};

// The header's Python literal: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
class Literal {
 public:
  Literal(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  NpzReader::Entry parse() {
    NpzReader::Entry entry;
    std::set<std::string> seen;
    need('{');
    while (!take('}')) {
      const std::string key = string();
      need(':');
      if (!seen.insert(key).second) fail(cat("names '", key, "' twice"));
      if (key == "descr") {
        if (peek() == '[') fail("is of a structured type");
        entry.descr = string();
      } else if (key == "fortran_order") {
        entry.fortran_order = boolean();
      } else if (key == "shape") {
        entry.shape = tuple();
      } else {
        fail(cat("has the unknown key '", key, "'"));
      }
      if (!take(',') && peek() != '}') fail("is not a Python literal");
    }
    if (seen.size() != 3) fail("lacks one of descr, fortran_order and shape");
    return entry;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw DataError(cat("cannot read ", where_, ": its header ", why));
  }
  char peek() {
    while (at_ < text_.size() && std::strchr(" \n\t", text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void need(char c) {
    if (!take(c)) fail("is not a Python literal");
  }
  std::string string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("is not a Python literal");
    const size_t end = text_.find(quote, ++at_);
    if (end == std::string_view::npos) fail("is not a Python literal");
    const std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
  }
  bool boolean() {
    peek();
    for (const auto& [word, value] : {std::pair("True", true), {"False", false}})
      if (text_.substr(at_).starts_with(word)) return at_ += std::strlen(word), value;
    fail("is not a Python literal");
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> sizes;
    need('(');
    while (!take(')')) {
      int64_t value = 0;
      if (peek() < '0' || peek() > '9') fail("has a shape that is not a tuple of sizes");
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
        if ((value = value * 10 + (text_[at_] - '0')) > (int64_t{1} << 48)) fail("has a shape that is too large");
      sizes.push_back(value);
      if (sizes.size() > 32) fail("has more than 32 dimensions");
      if (!take(',') && peek() != ')') fail("has a shape that is not a tuple of sizes");
    }
    return sizes;
  }

  std::string_view text_;
  std::string where_;
  size_t at_ = 0;
};

// Bytes of one element; 0: not told by the type (a pickled object).
uint64_t width_of(const std::string& descr) {
  if (descr.size() < 3 || descr.size() > 12) return 0;
  uint64_t n = 0;
  for (char c : descr.substr(2)) {
    if (c < '0' || c > '9') return 0;
    n = n * 10 + static_cast<uint64_t>(c - '0');
  }
  if (descr[1] == 'U') return n * 4;
  return std::strchr("biufcSV", descr[1]) ? n : 0;
}

}  // namespace

struct NpzReader::Impl {
  ZipReader zip;
  std::string where;  // "'a.npz' array 'mu'"
  Entry entry;
  uint64_t left = 0;

  explicit Impl(const std::string& path) : zip(path) {}

  void exactly(void* to, uint64_t n) {
    auto* bytes = static_cast<uint8_t*>(to);
    while (n > 0) {
      const size_t got = zip.read(bytes, std::min<uint64_t>(n, uint64_t{1} << 24));
      if (got == 0) throw DataError(cat("cannot read ", where, ": truncated"));
      bytes += got;
      n -= got;
    }
  }

  // The member's end, where its checksum is: nothing may follow the array.
  void finish() {
    uint8_t more;
    if (zip.read(&more, 1) > 0) throw DataError(cat("cannot read ", where, ": more data than its shape says"));
  }

  Entry header() {
    uint8_t head[12];
    exactly(head, 10);
    if (!std::equal(kMagic.begin(), kMagic.end(), reinterpret_cast<const char*>(head)))
      throw DataError(cat("cannot read ", where, ": not NumPy's format"));
    const int major = head[6];
    if (major < 1 || major > 3) throw DataError(cat("cannot read ", where, ": format version ", major, " is unknown"));
    uint64_t length = head[8] + 256u * head[9];
    if (major > 1) {
      exactly(head + 10, 2);
      length += (uint64_t{head[10]} << 16) + (uint64_t{head[11]} << 24);
    }
    if (length > kMaxHeader) throw DataError(cat("cannot read ", where, ": a header of ", length, " bytes"));
    std::string text(length, '\0');
    exactly(text.data(), length);
    Entry found = Literal(text, where).parse();
    const auto type =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&](const Type& t) { return found.descr == t.descr; });
    if (type != std::end(kTypes)) found.type = type->type;
    uint64_t bytes = width_of(found.descr);
    bool empty = false;
    for (int64_t size : found.shape) {
      empty = empty || size == 0;
      if (size != 0 && __builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes))
        throw DataError(cat("cannot read ", where, ": its header has a shape that is too large"));
    }
    found.bytes = empty ? 0 : bytes;
    if (found.bytes / kMaxRatio > zip.file_size())
      throw DataError(
          cat("cannot read ", where, ": ", found.bytes, " bytes by its shape, in a file of ", zip.file_size()));
    return found;
  }
};

NpzReader::NpzReader(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
NpzReader::~NpzReader() = default;

std::optional<NpzReader::Entry> NpzReader::next() {
  Impl& impl = *impl_;
  while (const auto member = impl.zip.next()) {
    std::string name = member->name;
    if (!name.ends_with(".npy")) continue;
    name.resize(name.size() - 4);
    impl.where = cat("'", impl.zip.name(), "' array '", name, "'");
    impl.entry = impl.header();
    impl.entry.name = name;
    impl.left = impl.entry.bytes;
    return impl.entry;
  }
  return std::nullopt;
}

void NpzReader::read(void* to, uint64_t n) {
  Impl& impl = *impl_;
  if (n > impl.left) throw DataError(cat("cannot read ", impl.where, ": truncated"));
  impl.exactly(to, n);
  impl.left -= n;
  if (impl.left == 0) impl.finish();
}

at::Tensor NpzReader::read_array() {
  const Entry& entry = impl_->entry;
  if (!entry.type) throw DataError(cat("cannot read ", impl_->where, ": its type is '", entry.descr, "'"));
  std::vector<int64_t> shape = entry.shape;
  if (entry.fortran_order) std::reverse(shape.begin(), shape.end());
  at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(*entry.type));
  read(tensor.data_ptr(), entry.bytes);
  if (*entry.type == at::kBool) {
    const auto* values = static_cast<const uint8_t*>(tensor.data_ptr());
    if (std::any_of(values, values + entry.bytes, [](uint8_t v) { return v > 1; }))
      throw DataError(cat("cannot read ", impl_->where, ": it holds a boolean that is neither 0 nor 1"));
  }
  if (!entry.fortran_order) return tensor;
  std::vector<int64_t> reversed(shape.size());
  for (size_t i = 0; i < shape.size(); ++i) reversed[i] = static_cast<int64_t>(shape.size() - 1 - i);
  return tensor.permute(reversed).contiguous();
}

std::string NpzReader::read_text() {
  const Entry& entry = impl_->entry;
  if (!entry.descr.starts_with("|S") || !entry.shape.empty() || entry.bytes > kMaxHeader)
    throw DataError(cat("cannot read ", impl_->where, ": it is not a text of bytes"));
  std::string text(entry.bytes, '\0');
  read(text.data(), text.size());
  return text.substr(0, text.find_last_not_of('\0') + 1);
}

const at::Tensor* Npz::find(const std::string& name) const {
  for (const auto& [key, tensor] : arrays)
    if (key == name) return &tensor;
  return nullptr;
}

Npz read_npz(const std::string& path, const std::vector<std::string>& leave) {
  NpzReader reader(path);
  Npz file;
  std::set<std::string> seen;
  while (const auto entry = reader.next()) {
    if (!seen.insert(entry->name).second)
      throw DataError(cat("cannot read '", path, "': array '", entry->name, "' is there twice"));
    if (std::find(leave.begin(), leave.end(), entry->name) != leave.end()) continue;
    if (entry->type)
      file.arrays.emplace_back(entry->name, reader.read_array());
    else if (entry->descr.starts_with("|S") && entry->shape.empty())
      file.texts[entry->name] = reader.read_text();
  }
  if (seen.empty()) throw DataError(cat("cannot read '", path, "': there is no array in it"));
  return file;
}

namespace {

struct ZipWriter {
  OutputFile out;
  std::exception_ptr failure;  // of the output, kept while libarchive's C code is passed through
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
    std::string sizes;
    for (int64_t size : shape) sizes += cat(size, ", ");
    if (shape.size() > 1) sizes.resize(sizes.size() - 2);
    if (shape.size() == 1) sizes.resize(sizes.size() - 1);
    std::string header = cat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (", sizes, "), }");
    header.resize((header.size() + 1 + 10 + 63) / 64 * 64 - 10 - 1, ' ');  // data begin at a multiple of 64, as numpy's
    header += '\n';
    std::string head(kMagic);
    head += {1, 0, static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
    head += header;
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
    const auto type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const Type& t) { return t.type == plain.scalar_type(); });
    if (type == std::end(kTypes))
      throw Error(cat("cannot write '", path, "': array '", name, "' has a type that NumPy lacks"));
    zip.member(name, type->descr, plain.sizes(), plain.data_ptr(), plain.nbytes());
  }
  zip.close();
}

}  // namespace sr3
