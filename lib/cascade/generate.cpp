#include "cascade/generate.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/options.h"
#include "tensor/convert.h"

namespace sr3 {
namespace {

// Writes the images of --keep-stages, with one writer for each resolution, opened at the latest with its first image.
class Kept {
 public:
  Kept(std::string folder, std::vector<std::string> inputs, int64_t threads)
      : folder_(std::move(folder)), inputs_(std::move(inputs)), threads_(threads) {}
  explicit operator bool() const { return !folder_.empty(); }
  // Fails now if the folder cannot be written into.
  void open() { make_folder(folder_); }
  // The same for the folder of images of this width.
  void open(int64_t width) { writer_of(width); }
  void write(const Frame& frame) { writer_of(frame.image.width).write(frame); }
  void close() {
    for (auto& [size, writer] : writers_) writer->close();
  }

 private:
  Writer& writer_of(int64_t width) {
    auto& writer = writers_[width];
    WriterOptions options;
    options.threads = threads_;
    options.output = cat(folder_, folder_.ends_with('/') ? "" : "/", width, "/");
    if (!writer) writer = std::make_unique<Writer>(options, inputs_);
    return *writer;
  }

  std::string folder_;
  std::vector<std::string> inputs_;  // files that must not be overwritten
  int64_t threads_;
  std::map<int64_t, std::unique_ptr<Writer>> writers_;
};

// Absolute, without links as far as it exists, and without a slash at its end.
std::filesystem::path plain_path(const std::string& path) {
  std::error_code none;
  std::filesystem::path plain = std::filesystem::absolute(path, none).lexically_normal();
  if (plain.filename().empty()) plain = plain.parent_path();
  return std::filesystem::weakly_canonical(plain, none);
}

// Whether --keep-stages may have a folder of this name: the sizes of images that are enlarged are not known before.
bool keeps(const Cascade& cascade, const std::string& size) {
  if (!cascade.has_base()) return size.find_first_not_of("0123456789") == std::string::npos;
  bool found = size == std::to_string(cascade.base().manifest().image.high_res);
  for (const Stage& stage : cascade.above()) found = found || size == std::to_string(stage.manifest().image.high_res);
  return found;
}

}  // namespace

void GenerateOptions::declare(Options& options) {
  draw.declare(options);
  options.add("seed", 0, &seed, "N", at_least(0), "seed of the noise; default: the stream's, else 0");
  options.add("keep-stages", 0, &keep_stages, "DIR", "write the images of each stage to DIR/SIZE/");
}

void GenerateOptions::validate(const Cascade& cascade) const {
  writer.validate();
  if (!keep_stages.empty() && writer.output != "-") {
    const std::filesystem::path out = plain_path(writer.output);
    const std::string size = out.filename().string();
    if (out.parent_path() == plain_path(keep_stages) && keeps(cascade, size))
      throw UsageError(cat("-o: '", writer.output, "' is where --keep-stages keeps the images of a stage"));
  }
  if (cascade.has_base()) return;
  if (draw.number != DrawOptions{}.number) throw UsageError("-n: it starts from images, which give the number");
  if (draw.by_class) throw UsageError("--by-class: it starts from images, which have names");
}

bool GenerateOptions::without_class(const Cascade& cascade) const {
  return cascade.has_base() && names_no_class(cascade.base(), draw.classes);
}

int generate(Cascade& cascade, const std::vector<std::string>& images, GenerateOptions options, at::Device device,
             const std::string& precision) {
  options.validate(cascade);
  options.draw.seed = static_cast<uint64_t>(options.seed.value_or(0));
  std::optional<BaseSampler> base_sampler;
  std::optional<Reader> in;
  if (cascade.has_base()) {
    base_sampler.emplace(cascade.base(), options.draw);
    if (options.without_class(cascade)) options.chain.label = kNoClass;
  } else {
    options.reader.shard = options.draw.shard;
    in.emplace(images, options.reader);
    options.chain.label = options.draw.classes;
    options.chain.seed = options.seed;
  }
  options.chain.upscale.batch = options.draw.batch;
  options.chain.exact = cascade.exact();

  const int depth = static_cast<int>(options.writer.depth);
  Writer out(options.writer, images);
  const auto number = base_sampler ? std::optional(base_sampler->count()) : in->expected();
  out.expect(number.value_or(1));
  Kept kept(options.keep_stages, images, options.writer.threads);
  if (kept) kept.open();
  if (kept && cascade.has_base()) {
    if (cascade.base().stops_at() == 1) kept.open(cascade.base().manifest().image.high_res);
    for (const Stage& stage : cascade.above())
      if (stage.stops_at() == 1) kept.open(stage.manifest().image.high_res);
  }
  std::optional<Meter> meter;
  double drawn = 0, enlarged = 0;  // image-steps
  Chain::Hooks hooks;
  hooks.sink = [&](Frame frame) { out.write(std::move(frame)); };
  hooks.skip = [&](const std::string& key) { return out.skips(key); };
  hooks.progress = [&](double done, const std::string& what, double end) {
    meter->update(drawn + (enlarged = done), what, drawn + end);
  };
  if (number) hooks.expected = *number * options.chain.samples;
  if (kept) hooks.keep = [&](size_t, const Frame& frame) { kept.write(frame); };
  std::optional<Chain> chain;
  if (!cascade.above().empty()) chain.emplace(cascade.above(), options.chain, depth, hooks);
  cascade.load(device, precision);

  meter.emplace(options.progress, "steps", number ? *number * cascade.steps_each() : -1);
  if (base_sampler) {
    base_sampler->all(
        hooks.skip, [&](int64_t done, const std::string& what) { meter->update((drawn = done) + enlarged, what); },
        [&](Frame frame, const at::Tensor& image) {
          const bool noisy = cascade.base().stops_at() < 1, exact = chain && (noisy || cascade.exact());
          if (!noisy) frame.image = to_image(image, chain ? 8 : depth);
          if (kept && !noisy) kept.write(frame);
          if (chain)
            chain->push(frame, exact ? image : at::Tensor(), noisy);
          else
            out.write(std::move(frame));
        });
  } else {
    while (auto frame = in->next()) {
      out.warn_of_lost_depth(frame->image);
      chain->push(*frame);
    }
  }
  if (chain) chain->flush();
  meter->finish();
  kept.close();
  out.close();
  return in ? in->status() : kDone;
}

}  // namespace sr3
