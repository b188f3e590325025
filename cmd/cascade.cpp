// cascade: a whole cascade in one program, from noise or from given images.
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cascade/cascade.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "nn/precision.h"
#include "stream/reader.h"
#include "stream/writer.h"
#include "tensor/convert.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

struct CascadeProgram {
  std::vector<std::string> stages;  // in place of a cascade's manifest
  CascadeOverrides sampling;
  ChainOptions chain;
  DrawOptions draw;
  std::optional<int64_t> seed;  // unset: 0, or the stream's
  std::string keep_stages;
  bool show_pipe = false, skip_existing = false;
  ReaderOptions reader;
  WriterOptions writer;
  cli::ComputeOptions compute;

  void declare(Options& options);
  std::string pipe(const Cascade& cascade, const std::vector<std::string>& images) const;
};

void CascadeProgram::declare(Options& options) {
  options.add("model", 'm', &stages, "STAGE", "a stage's manifest instead of CASCADE.json; more: in this order");
  sampling.declare(options);
  draw.declare(options);
  options.add("seed", 0, &seed, "N", "seed of the noise; default: the stream's, else 0");
  options.add("skip-existing", 0, &skip_existing, "leave out what is in the output folder already");
  options.add("keep-stages", 0, &keep_stages, "DIR", "write what each stage makes, to DIR/SIZE/");
  options.add("show-pipe", 0, &show_pipe, "print the pipe of sample and upscale that does the same, and end");
  options.group("Input");
  options.add("keep-going", 0, &reader.keep_going, "skip damaged images, and exit with status 3");
  writer.declare(options);
  compute.declare(options);
}

std::string CascadeProgram::pipe(const Cascade& cascade, const std::vector<std::string>& images) const {
  std::string first, last, common;
  const auto add = [](std::string& to, const char* option, const auto& value) { to += cat(" ", option, " ", value); };
  if (cascade.has_base()) {
    add(first, "-n", draw.number);
    if (!draw.classes.empty()) add(first, "--class", quoted(draw.classes));
    if (draw.by_class) first += " --by-class";
  } else {
    if (!draw.classes.empty()) add(common, "--class", quoted(draw.classes));
    if (reader.keep_going) first += " --keep-going";
    for (const std::string& image : images) first += " " + quoted(image);
  }
  if (seed) add(first, "--seed", *seed);
  if (!draw.shard.empty()) add(first, "--shard", draw.shard);
  if (draw.batch) add(common, "--batch", draw.batch);
  if (compute.device != "auto") add(common, "--device", compute.device);
  if (compute.precision != "auto") add(common, "--precision", compute.precision);
  if (compute.threads) add(common, "--threads", compute.threads);
  if (writer.output != "-") add(last, "-o", quoted(writer.output));
  if (writer.depth != 8) add(last, "--depth", writer.depth);
  return cascade.pipe(first, last, common);
}

// Writers of each resolution, made when its first image comes.
class Kept {
 public:
  explicit Kept(std::string folder) : folder_(std::move(folder)) {}
  void write(const Frame& frame) {
    auto& writer = writers_[frame.image.width];
    WriterOptions options;
    options.output = cat(folder_, folder_.ends_with('/') ? "" : "/", frame.image.width, "/");
    if (!writer) writer = std::make_unique<Writer>(options);
    writer->write(frame);
  }
  void close() {
    for (auto& [size, writer] : writers_) writer->close();
  }

 private:
  std::string folder_;
  std::map<int64_t, std::unique_ptr<Writer>> writers_;
};

int run(cli::App& app, CascadeProgram& program, Cascade& cascade, const std::vector<std::string>& images) {
  const at::Device device = open_device(program.compute.device);
  use_threads(program.compute.threads);
  std::optional<Drawer> drawer;
  if (cascade.has_base()) drawer.emplace(cascade.base(), program.draw);
  std::optional<Reader> in;
  if (!drawer) {
    program.reader.shard = program.draw.shard;
    program.reader.threads = program.compute.threads;
    in.emplace(images, program.reader);
    program.chain.label = program.draw.classes;
    program.chain.seed = program.seed;
  }
  program.chain.upscale.batch = program.draw.batch;
  program.chain.exact = cascade.exact();

  const int depth = static_cast<int>(program.writer.depth);
  Writer out(program.writer, images);
  Kept kept(program.keep_stages);
  const bool keep = !program.keep_stages.empty();
  std::optional<Meter> meter;
  int64_t drawn = 0, enlarged = 0;  // image-steps
  Chain::Hooks hooks;
  hooks.sink = [&](Frame frame) { out.write(std::move(frame)); };
  if (program.skip_existing) hooks.skip = [&](const std::string& key) { return out.exists(key); };
  hooks.progress = [&](int64_t done, const std::string& what) { meter->update(drawn + (enlarged = done), what); };
  if (keep) hooks.keep = [&](size_t, const Frame& frame) { kept.write(frame); };
  std::optional<Chain> chain;
  if (!cascade.above().empty()) chain.emplace(cascade.above(), program.chain, depth, hooks);
  cascade.load(device, precision_named(program.compute.precision, device));

  const auto number = drawer ? std::optional(drawer->count()) : in->expected();
  meter.emplace(app.progress, "steps", number ? *number * cascade.steps_each() : -1);
  if (drawer) {
    drawer->all(
        hooks.skip, [&](int64_t done, const std::string& what) { meter->update((drawn = done) + enlarged, what); },
        [&](Frame frame, const at::Tensor& image) {
          const bool noisy = cascade.base().stops_at() < 1, exact = chain && (noisy || cascade.exact());
          if (!noisy) frame.image = to_image(image, chain ? 8 : depth);
          if (keep && !noisy) kept.write(frame);
          if (chain)
            chain->push(frame, exact ? image : at::Tensor(), noisy);
          else
            out.write(std::move(frame));
        });
  } else {
    while (auto frame = in->next()) chain->push(*frame);
  }
  if (chain) chain->flush();
  meter->finish();
  kept.close();
  out.close();
  return in ? in->status() : kDone;
}

int cascade_main(cli::App& app) {
  CascadeProgram program;
  program.declare(app.options);
  app.parse();
  const bool joined = !program.stages.empty();
  if (!joined && app.operands().empty()) throw UsageError("no cascade given: CASCADE.json, or its stages by -m");
  const std::vector<std::string> images(app.operands().begin() + !joined, app.operands().end());
  const std::string& output = program.writer.output;
  if (program.skip_existing && !output.ends_with('/') && !std::filesystem::is_directory(output))
    throw UsageError("--skip-existing needs a folder: -o DIR/");
  if (program.seed.value_or(0) < 0) throw UsageError(cat("--seed ", *program.seed, " is less than 0"));
  program.draw.seed = static_cast<uint64_t>(program.seed.value_or(0));
  const bool given = !images.empty();
  if (joined && given && images[0].ends_with(".json"))
    throw UsageError(cat("'", images[0], "': either a cascade, or stages by -m"));
  Cascade cascade =
      joined ? Cascade(program.stages, program.sampling, given) : Cascade(app.operands()[0], program.sampling, given);
  if (!cascade.has_base() && program.draw.number != DrawOptions{}.number)
    throw UsageError("-n: it starts from images, which say how many there are");
  if (!cascade.has_base() && program.draw.by_class)
    throw UsageError("--by-class: it starts from images, which have names");
  if (program.show_pipe) {
    std::printf("%s\n", program.pipe(cascade, images).c_str());
    return kDone;
  }
  return run(app, program, cascade, images);
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("cascade", "generate images by a cascade of stages",
                  "CASCADE.json | -m STAGE.json ... [-n N] [--class CLASS] [images] [-o OUT]", argc, argv,
                  cascade_main);
}
