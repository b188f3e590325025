#include "format/safetensors.h"

#include <algorithm>
#include <bit>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

#include "base/error.h"
#include "base/file.h"
#include "format/json.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "tensor data is stored little-endian, and copied as it is");

// The format allows 100 MB; parsed, they would take gigabytes. The largest networks have a header of some hundred kilobytes.
constexpr uint64_t kMaxJsonHeader = uint64_t{16} << 20;
constexpr size_t kMaxDimensions = 64;
constexpr const char* kMetadata = "__metadata__";

struct SafetensorsType {
  const char* name;
  at::ScalarType type;
};
constexpr SafetensorsType kSafetensorsTypes[] = {
    {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"I64", at::kLong},
    {"I32", at::kInt},    {"I16", at::kShort}, {"I8", at::kChar},  {"U8", at::kByte},       {"BOOL", at::kBool}};

// Offsets are from the start of the data section.
using Entry = SafetensorsHeader::Entry;

void read_exactly(Source& source, void* to, uint64_t n, uint64_t at) {
  auto* bytes = static_cast<uint8_t*>(to);
  for (uint64_t done = 0; done < n;) {
    const size_t got = source.read(bytes + done, n - done);
    if (got == 0) throw DataError(cat("cannot read '", source.name(), "': truncated at byte ", at + done));
    done += got;
  }
}

// The bytes that a tensor of this shape takes; nothing if they would not fit int64, not even as strides.
std::optional<uint64_t> bytes_of(const std::vector<uint64_t>& shape, at::ScalarType type) {
  uint64_t bytes = at::elementSize(type);
  bool empty = false;
  for (const uint64_t size : shape) {
    if (size > (uint64_t{1} << 48)) return {};
    empty = empty || size == 0;
    // A size of 0 does not count here: the strides of an empty tensor are products of the others.
    if (size != 0 && __builtin_mul_overflow(bytes, size, &bytes)) return {};
  }
  if (bytes >> 62) return {};
  return empty ? 0 : bytes;
}

Entry entry_from(const std::string& name, const JsonObject& header) {
  const auto damaged = [&](const std::string& why) { return header.error(cat("tensor '", name, "' ", why)); };
  const auto value = header.get<JsonObject>(name);
  const auto dtype = value.get<std::string>("dtype");
  const auto shape = value.get<std::vector<uint64_t>>("shape"),
             offsets = value.get<std::vector<uint64_t>>("data_offsets");
  value.refuse_unread();
  const auto type = std::find_if(std::begin(kSafetensorsTypes), std::end(kSafetensorsTypes),
                                 [&](const SafetensorsType& t) { return dtype == t.name; });
  if (type == std::end(kSafetensorsTypes)) throw damaged(cat("has the unknown dtype '", dtype, "'"));
  if (offsets.size() != 2) throw damaged("has data_offsets that are not two byte positions");
  if (offsets[0] > offsets[1]) throw damaged("ends before it begins");
  if (shape.size() > kMaxDimensions) throw damaged(cat("has more than ", kMaxDimensions, " dimensions"));
  const auto bytes = bytes_of(shape, type->type);
  if (!bytes) throw damaged("is too large");
  if (offsets[1] - offsets[0] != *bytes)
    throw damaged(cat("takes ", *bytes, " bytes by its shape, but ", offsets[1] - offsets[0], " by its offsets"));
  return {{name, type->type, {shape.begin(), shape.end()}}, offsets[0], offsets[1]};
}

// The header's tensors in data order; together they must be the data section, without gap or overlap.
std::vector<Entry> entries_of(const JsonObject& header, uint64_t data_size) {
  std::vector<Entry> entries;
  for (const std::string& name : header.keys())
    if (name != kMetadata) entries.push_back(entry_from(name, header));
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t at = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != at)
      throw header.error(cat("tensor '", entry.name, "' ",
                             entry.begin < at ? "overlaps another" : "leaves a gap before it", " at data byte ",
                             std::min(at, entry.begin)));
    at = entry.end;
  }
  if (at != data_size)
    throw header.error(cat("its tensors take ", at, " bytes, but ", data_size, " follow the header"));
  return entries;
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(const std::string& path, std::vector<TensorShape> tensors,
                                     const std::map<std::string, std::string>& metadata)
    : tensors_(std::move(tensors)), out_(path) {
  std::string header = "{";
  if (!metadata.empty()) header += cat('"', kMetadata, "\":", compact_json(metadata));
  std::set<std::string> names;
  uint64_t at = 0;
  for (const auto& [name, scalar, shape] : tensors_) {
    const auto type = std::find_if(std::begin(kSafetensorsTypes), std::end(kSafetensorsTypes),
                                   [wanted = scalar](const SafetensorsType& t) { return t.type == wanted; });
    if (type == std::end(kSafetensorsTypes) || name == kMetadata || !names.insert(name).second)
      throw Error(
          cat("cannot write '", path, "': tensor '", name, "' ",
              type == std::end(kSafetensorsTypes) ? "has a type that the format lacks" : "cannot have this name"));
    uint64_t end = at::elementSize(scalar);
    for (const int64_t size : shape) end *= static_cast<uint64_t>(size);
    end += at;
    header += cat(header.size() > 1 ? "," : "", json(name).dump(), ":{\"dtype\":\"", type->name,
                  "\",\"shape\":", json(shape).dump(), ",\"data_offsets\":[", at, ",", end, "]}");
    at = end;
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  if (header.size() > kMaxJsonHeader) throw Error(cat("cannot write '", path, "': its header would be over 16 MiB"));
  const uint64_t length = header.size();
  out_.write(&length, sizeof length);
  out_.write(header);
}

void SafetensorsWriter::write(const at::Tensor& tensor) {
  const TensorShape& expected = tensors_.at(next_++);
  if (tensor.scalar_type() != expected.type || tensor.sizes() != at::IntArrayRef(expected.shape))
    throw std::logic_error("tensor '" + expected.name + "' has another type or shape than the header");
  const at::Tensor plain = tensor.detach().cpu().contiguous();
  out_.write(plain.data_ptr(), plain.nbytes());
}

void SafetensorsWriter::close() {
  if (next_ != tensors_.size()) throw std::logic_error("not all tensors were written");
  out_.close();
}

void write_safetensors(const std::string& path, const TensorFile& file) {
  std::vector<TensorShape> shapes;
  for (const auto& [name, tensor] : file.tensors) shapes.push_back({name, tensor.scalar_type(), tensor.sizes().vec()});
  SafetensorsWriter out(path, std::move(shapes), file.metadata);
  for (const auto& [name, tensor] : file.tensors) out.write(tensor);
  out.close();
}

SafetensorsHeader read_safetensors_header(Source& source, uint64_t size) {
  const std::string& origin = source.name();
  uint64_t length = 0;
  if (size < sizeof length) throw DataError(cat("cannot read '", origin, "': truncated at byte ", size));
  read_exactly(source, &length, sizeof length, 0);
  if (length > kMaxJsonHeader && length <= size - sizeof length)
    throw DataError(cat("cannot read '", origin, "': its header of ", length, " bytes is over 16 MiB"));
  if (length > size - sizeof length)
    throw DataError(cat("cannot read '", origin, "': not a safetensors file (its header would be ", length,
                        " bytes of ", size, ")"));
  std::string text(length, '\0');
  read_exactly(source, text.data(), length, sizeof length);
  if (text.empty() || text[0] != '{')
    throw DataError(cat("cannot read '", origin, "': not a safetensors file (no JSON object at byte 8)"));
  const JsonObject header = JsonObject::parse(text, origin, /*max_depth=*/3);
  SafetensorsHeader out;
  out.data_begin = sizeof length + length;
  out.entries = entries_of(header, size - out.data_begin);
  if (header.contains(kMetadata)) {
    const auto metadata = header.get<JsonObject>(kMetadata);
    for (const std::string& key : metadata.keys()) out.metadata[key] = metadata.get<std::string>(key);
  }
  return out;
}

at::Tensor read_safetensor(Source& source, const SafetensorsHeader& header, const SafetensorsHeader::Entry& entry) {
  const at::Tensor tensor = at::empty(entry.shape, at::TensorOptions().dtype(entry.type));
  const uint64_t bytes = entry.end - entry.begin;
  read_exactly(source, tensor.data_ptr(), bytes, header.data_begin + entry.begin);
  if (entry.type == at::kBool) {
    const auto* values = static_cast<const uint8_t*>(tensor.data_ptr());
    if (std::any_of(values, values + bytes, [](uint8_t v) { return v > 1; }))
      throw DataError(
          cat("cannot read '", source.name(), "': tensor '", entry.name, "' holds a boolean that is neither 0 nor 1"));
  }
  return tensor;
}

TensorFile read_safetensors(Source& source, uint64_t size) {
  SafetensorsHeader header = read_safetensors_header(source, size);
  TensorFile file;
  for (const auto& entry : header.entries)
    file.tensors.emplace_back(entry.name, read_safetensor(source, header, entry));
  file.metadata = std::move(header.metadata);
  return file;
}

TensorFile read_safetensors(const std::string& path) {
  FileSource source(path);  // its message is better if there is no such file
  std::error_code failure;
  const uint64_t size = std::filesystem::file_size(path, failure);
  if (failure) throw Error(cat("cannot read '", path, "': ", failure.message()));
  return read_safetensors(source, size);
}

}  // namespace sr3
