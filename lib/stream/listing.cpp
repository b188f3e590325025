#include "stream/listing.h"

#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "stream/archive.h"
#include "stream/frame.h"
#include "stream/input.h"
#include "stream/names.h"
#include "stream/splitter.h"

namespace sr3 {

struct Sequence::Impl {
  Part part;
  Limits limits;
  const Interrupt* interrupt;
  std::string name;
  bool opened = false;
  std::unique_ptr<Input> input;
  std::unique_ptr<PeekSource> peeked;
  std::unique_ptr<Splitter> splitter;
  std::unique_ptr<Archive> archive;
  KeyMaker keys;

  Impl(const Part& of, const Limits& given, const Interrupt* by)
      : part(of), limits(given), interrupt(by), name(of.path == "-" ? "standard input" : of.path) {}

  void open() {
    opened = true;  // only once, even if opening fails
    if (part.kind == Part::kArchive) {
      archive = std::make_unique<Archive>(part.path, limits);
      return;
    }
    input = std::make_unique<Input>(part.path, interrupt);
    const Framing framing = input->at_file_begin() ? Framing::kFile : Framing::kStream;
    peeked = std::make_unique<PeekSource>(*input);
    // Three bytes are enough to recognize an image: do not wait for 512 of a slow stream.
    const auto head = peeked->peek(3);
    if (head.size() == 3 && !begins_as_image(head) && is_archive(peeked->peek(512))) {
      if (begins_as_zip(peeked->peek(4)) && framing == Framing::kFile && ::access("/dev/stdin", R_OK) == 0)
        archive = std::make_unique<Archive>(part.path, limits);
      else
        archive = std::make_unique<Archive>(*peeked, limits);
    } else {
      splitter = std::make_unique<Splitter>(*peeked, limits, framing);
    }
  }
};

Sequence::Sequence(const Part& part, const Limits& limits, const Interrupt* interrupt)
    : impl_(std::make_unique<Impl>(part, limits, interrupt)) {}

Sequence::~Sequence() = default;

const std::string& Sequence::name() const { return impl_->name; }

std::optional<Encoded> Sequence::next() {
  Impl& impl = *impl_;
  if (!impl.opened) impl.open();
  Encoded encoded;
  if (impl.splitter) {
    auto bytes = impl.splitter->next();
    if (!bytes) return std::nullopt;
    encoded.bytes = std::move(*bytes);
    encoded.origin = impl.splitter->origin();
  } else if (impl.archive) {
    auto member = impl.archive->next();
    if (!member) return std::nullopt;
    encoded.bytes = std::move(member->bytes);
    encoded.origin = member->origin;
    encoded.key = impl.keys.of(member->path);
    encoded.member = member->path;
  } else {
    return std::nullopt;
  }
  return encoded;
}

Bytes load_file(const std::string& path, const Limits& limits) {
  try {
    Input input(path, nullptr);
    return read_single(input, limits);
  } catch (const DataError&) {
    throw;
  } catch (const Error& error) {  // deleted, not permitted, on a bad disk: damage to one image only
    throw DataError(error.what());
  }
}

Listing::Listing(const std::vector<std::string>& operands, const Limits& limits, uint64_t max_memory)
    : limits_(limits) {
  uint64_t held = 0;
  for (const Part& part : expand_operands(operands)) {
    if (part.kind == Part::kImage) {
      items.push_back({part.key, part.path, part.path, {}, part.folder, part.label});
      continue;
    }
    Sequence sequence(part, limits, nullptr);
    const size_t first = items.size();
    std::vector<std::string> members;
    while (auto encoded = sequence.next()) {
      held += encoded->bytes.size();
      if (held > max_memory)
        throw DataError(
            cat("'", sequence.name(), "' holds more than ", max_memory, " bytes of images; unpack it into a folder"));
      if (encoded->key.empty()) encoded->key = number_key(static_cast<int64_t>(items.size()));
      items.push_back(
          {std::move(encoded->key), std::move(encoded->origin), "", std::move(encoded->bytes), "", part.label});
      members.push_back(std::move(encoded->member));
    }
    const auto folders = class_folders(members);
    for (size_t i = 0; i < folders.size(); ++i) items[first + i].folder = folders[i];
  }
}

Bytes Listing::load(size_t i) const {
  const Item& item = items.at(i);
  return item.path.empty() ? item.bytes : load_file(item.path, limits_);
}

Image Listing::decode(size_t i) const {
  const Item& item = items.at(i);
  if (item.path.empty()) return sr3::decode(item.bytes, item.origin, limits_);
  return sr3::decode(load_file(item.path, limits_), item.origin, limits_);
}

}  // namespace sr3
