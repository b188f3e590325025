#include "fid/array_images.h"

#include <c10/core/ScalarType.h>

#include "base/error.h"
#include "format/npz.h"
#include "image/codec.h"

namespace sr3 {

struct ArrayImages::Impl {
  std::string path;
  Shard shard;
  NpzReader reader;
  int64_t images = 0, height = 0, width = 0, channels = 0, at = 0;

  Impl(const std::string& from, const Shard& of) : path(from), shard(of), reader(from) {}
};

bool ArrayImages::has_images(const std::string& path) {
  NpzReader reader(path);
  while (const auto entry = reader.next())
    if (entry->name == "arr_0") return true;
  return false;
}

ArrayImages::ArrayImages(const std::string& path, const Shard& shard, int64_t max_pixels)
    : impl_(std::make_unique<Impl>(path, shard)) {
  Impl& impl = *impl_;
  auto entry = impl.reader.next();
  while (entry && entry->name != "arr_0") entry = impl.reader.next();
  if (!entry) throw DataError(cat("cannot read '", path, "': it contains no images (arr_0)"));
  const auto& shape = entry->shape;
  if (entry->type != at::kByte || entry->fortran_order || shape.size() != 4 || (shape[3] != 3 && shape[3] != 1))
    throw DataError(cat("cannot read '", path, "': arr_0 is not a uint8 array of shape (N,H,W,3) or (N,H,W,1)"));
  impl.images = shape[0], impl.height = shape[1], impl.width = shape[2], impl.channels = shape[3];
  if (impl.images > 0 && (impl.height < 1 || impl.width < 1))
    throw DataError(cat("cannot read '", path, "': arr_0 has images of ", impl.width, "x", impl.height));
  if (impl.images > 0) check_size(impl.width, impl.height, path, Limits{max_pixels});
}

ArrayImages::~ArrayImages() = default;

int64_t ArrayImages::expected() const { return impl_->shard.of(impl_->images); }

int64_t ArrayImages::total() const { return impl_->images; }

std::optional<Frame> ArrayImages::next() {
  Impl& impl = *impl_;
  if (impl.at >= impl.images) return std::nullopt;  // an empty array may have images of size 0
  Frame frame;
  frame.image = make_image(impl.width, impl.height);
  auto& samples = frame.image.u8;
  while (impl.at < impl.images) {
    impl.reader.read(samples.data(), static_cast<uint64_t>(impl.height * impl.width * impl.channels));
    const int64_t index = impl.at++;
    if (!impl.shard.has(index)) continue;
    if (impl.channels == 1)
      for (size_t i = samples.size() / 3; i-- > 0;)
        samples[3 * i] = samples[3 * i + 1] = samples[3 * i + 2] = samples[i];
    frame.key = number_key(index);
    frame.index = frame.ordinal = index;
    frame.origin = cat(impl.path, ", image ", index + 1);
    return frame;
  }
  return std::nullopt;
}

}  // namespace sr3
