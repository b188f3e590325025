#include "format/npz.h"

#include <algorithm>
#include <bit>
#include <set>

#include "base/error.h"
#include "format/zip_reader.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

static_assert(std::endian::native == std::endian::little, "data is stored little-endian, and copied as it is");

constexpr uint64_t kMaxHeader = uint64_t{1} << 20;  // a shape of a few sizes; NumPy itself warns beyond 10,000 bytes
// All arrays together may take kFreeBytes, or kMaxRatio times the file's size. Deflate shrinks zeros by 1032, but features and
// images not even by 20.
constexpr uint64_t kMaxRatio = 100, kFreeBytes = uint64_t{256} << 20;

}  // namespace

struct NpzReader::Impl {
  ZipReader zip;
  std::string where;  // "'a.npz' array 'mu'", for messages
  Entry entry;
  uint64_t left = 0;
  uint64_t total = 0;  // of the arrays so far

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

  // Reads the end of the member, where its checksum is compared; nothing may follow the array.
  void finish() {
    uint8_t more;
    if (zip.read(&more, 1) > 0) throw DataError(cat("cannot read ", where, ": it has more data than its shape takes"));
  }

  Entry header() {
    uint8_t head[12];
    exactly(head, 10);
    if (!std::equal(kNpyMagic.begin(), kNpyMagic.end(), reinterpret_cast<const char*>(head)))
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
    Entry found{parse_npy_header(text, where), {}, {}, 0};
    found.type = npy_type(found.descr);
    uint64_t bytes = npy_width(found.descr);
    bool empty = false;
    for (int64_t size : found.shape) {
      empty = empty || size == 0;
      if (size != 0 && __builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes))
        throw DataError(cat("cannot read ", where, ": its header has a shape that is too large"));
    }
    found.bytes = empty ? 0 : bytes;
    if (__builtin_add_overflow(total, found.bytes, &total) ||
        (total > kFreeBytes && total / kMaxRatio > zip.file_size()))
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
    throw DataError(cat("cannot read ", impl_->where, ": it is not a byte string"));
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
      throw DataError(cat("cannot read '", path, "': array '", entry->name, "' appears twice"));
    if (std::find(leave.begin(), leave.end(), entry->name) != leave.end()) continue;
    if (entry->type)
      file.arrays.emplace_back(entry->name, reader.read_array());
    else if (entry->descr.starts_with("|S") && entry->shape.empty())
      file.texts[entry->name] = reader.read_text();
    else
      file.unread[entry->name] = entry->descr;
  }
  if (seen.empty()) throw DataError(cat("cannot read '", path, "': it has no arrays"));
  return file;
}

}  // namespace sr3
