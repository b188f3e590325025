#include "fid/set_images.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "fid/array_images.h"
#include "stream/operands.h"

namespace sr3 {
namespace {

bool same_bytes(const std::string& a, const std::string& b) {
  std::error_code none;
  const auto size = std::filesystem::file_size(a, none);
  if (none || size != std::filesystem::file_size(b, none) || none) return false;
  return std::filesystem::equivalent(a, b, none) || read_text(a) == read_text(b);
}

// The files that have the same key, which only happens with several operands; in input order.
class Namesakes {
 public:
  explicit Namesakes(const std::vector<std::string>& operands) {
    if (operands.empty() || (operands.size() == 1 && !operands[0].starts_with('@'))) return;
    const std::vector<Part> parts = expand_operands(operands, /*report_skipped=*/false);
    // With other kinds of operands, the position of an image is not that of its file.
    if (std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.kind != Part::kImage; })) return;
    for (size_t i = 0; i < parts.size(); ++i) files_[parts[i].key].emplace_back(static_cast<int64_t>(i), parts[i].path);
  }

  // How many of the files with the same key before this image have the same contents. All shards see the same files.
  int64_t copies(const Frame& frame) const {
    const auto found = files_.find(frame.key);
    if (found == files_.end() || found->second.size() < 2) return 0;
    return std::count_if(found->second.begin(), found->second.end(), [&](const auto& file) {
      return file.first < frame.ordinal && same_bytes(file.second, frame.origin);
    });
  }

 private:
  std::map<std::string, std::vector<std::pair<int64_t, std::string>>> files_;
};

}  // namespace

struct SetImages::Source {
  std::unique_ptr<Reader> reader;
  std::unique_ptr<ArrayImages> array;  // instead of the reader, for a .npz
  Namesakes namesakes;

  Source(const std::vector<std::string>& operands, const ReaderOptions& options)
      : reader(std::make_unique<Reader>(operands, options)), namesakes(operands) {}
  Source(const std::string& npz, const ReaderOptions& options)
      : array(std::make_unique<ArrayImages>(npz, Shard(options.shard), options.max_pixels)), namesakes({}) {}

  std::optional<Frame> next() { return reader ? reader->next() : array->next(); }
  int64_t total() const { return reader ? reader->total() : array->total(); }
};

SetImages::SetImages(const std::vector<std::string>& operands, const ReaderOptions& options)
    : alone_(operands.size() < 2) {
  std::vector<std::string> plain;
  const auto add_plain = [&] { sources_.push_back(std::make_unique<Source>(std::exchange(plain, {}), options)); };
  for (const std::string& operand : operands) {
    if (!operand.ends_with(".npz")) {
      plain.push_back(operand);
      continue;
    }
    if (!plain.empty()) add_plain();
    sources_.push_back(std::make_unique<Source>(operand, options));
  }
  if (!plain.empty() || sources_.empty()) add_plain();
}

SetImages::~SetImages() = default;

std::optional<SetImage> SetImages::next() {
  for (; current_ < sources_.size(); ++current_) {
    Source& source = *sources_[current_];
    if (auto frame = source.next()) {
      const int64_t copies = source.namesakes.copies(*frame),
                    position = alone_ ? frame->index : before_ + frame->ordinal;
      const std::string identity =
          copies > 0 ? cat(frame->key, "\n", copies + 1) : frame->key;  // keys do not contain newlines
      return SetImage{std::move(*frame), position, identity};
    }
    before_ += source.total();
  }
  return std::nullopt;
}

int64_t SetImages::expected() const {
  int64_t sum = 0;
  for (const auto& source : sources_) {
    const auto some = source->reader ? source->reader->expected() : source->array->expected();
    if (!some) return -1;
    sum += *some;
  }
  return sum;
}

int SetImages::status() const {
  for (const auto& source : sources_)
    if (source->reader && source->reader->status() != kDone) return source->reader->status();
  return kDone;
}

}  // namespace sr3
