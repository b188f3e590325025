// upscale: super-resolution of images of any size, by the stages of -m one after the other (lib/cascade/chain.h) or by
// plain resizing (lib/cascade/baseline.h). See upscale(1).
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cascade/baseline.h"
#include "cascade/chain.h"
#include "cascade/final_size.h"
#include "cascade/measure_int8.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "stage/find_manifest.h"
#include "stream/reader.h"
#include "stream/writer.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

const std::vector<std::string> kSizes = {"size", "final-scale"};  // which need no stage

struct UpscaleProgram {
  std::vector<std::string> models;
  bool measure_int8 = false;
  Baseline baseline;
  FinalSize final_size;
  SamplingOverrides sampling;
  ChainOptions chain;
  ReaderOptions reader;
  WriterOptions writer;
  cli::ComputeOptions compute;

  void declare(Options& options) {
    options.group(groups::kModel);
    options.add("model", 'm', &models, "STAGE", "manifest of a stage; several are applied in this order");
    options.add("measure-int8", 0, &measure_int8,
                "compare int8 with fp32 on the images, and record the PSNR in the stage's manifest");
    baseline.declare(options);
    sampling.declare(options);
    chain.declare(options);
    final_size.declare(options);
    reader.declare(options);
    reader.declare_alpha(options);
    writer.declare(options);
    writer.declare_skip_existing(options);
    writer.declare_keep_exif(options);
    compute.declare(options);
  }
};

int measure(cli::App& app, const UpscaleProgram& program) {
  if (program.models.size() != 1) throw UsageError("--measure-int8 measures one stage: -m STAGE.json");
  app.options.refuse_given(groups::kOutput, "--measure-int8 writes no images");
  app.options.refuse_options({"convention"}, "it is for --baseline");
  app.options.refuse_given(groups::kSampling, "--measure-int8 measures how the manifest samples",
                           {"guidance", "noise-level"});
  app.options.refuse_given(groups::kResult, "--measure-int8 writes no images", {"class", "seed", "consistency"});
  if (program.compute.device != "auto" && program.compute.device != "cpu")
    throw UsageError(cat("--device ", program.compute.device, ": int8 is measured where it runs, on the CPU"));
  use_threads(program.compute.threads);
  ReaderOptions opaque = program.reader;
  opaque.transparency = Transparency::kOverWhite;
  Reader in(app.inputs(), opaque);
  std::vector<Frame> images;
  while (auto frame = in.next()) images.push_back(std::move(*frame));
  measure_int8(program.models[0], program.sampling, program.chain, images, app.progress);
  return in.status();
}

// The final size of the result of a frame; DataError if it is too large.
std::pair<int64_t, int64_t> size_of(const FinalSize& final_size, const Frame& frame, int64_t width, int64_t height) {
  try {
    return final_size.of(width, height);
  } catch (const DataError& error) {
    throw DataError(cat("cannot upscale '", frame.origin, "': ", error.what()));
  }
}

int with_stages(cli::App& app, const UpscaleProgram& program) {
  if (program.models.empty()) throw UsageError("no stage given: -m STAGE.json, or --baseline");
  app.options.refuse_options({"convention"}, "it is for --baseline");
  std::vector<Stage> stages = open_chain(program.models, program.sampling);
  const at::Device device = open_device(program.compute.device);
  use_threads(program.compute.threads);

  Reader in(app.inputs(), program.reader);
  Writer out(program.writer, app.inputs());
  const auto images = in.expected();
  out.expect(images.value_or(1) * program.chain.samples);
  std::optional<Meter> meter;
  Chain::Hooks hooks;
  int64_t scale = 1;
  for (const Stage& stage : stages) scale *= stage.scale();
  hooks.sink = [&](Frame frame) {
    Image& image = frame.image;
    if (const FinalSize& end = program.final_size; end.wanted())
      image = at_final_size(std::move(image), size_of(end, frame, image.width / scale, image.height / scale));
    out.write(std::move(frame));
  };
  hooks.skip = [&](const std::string& key) { return out.skips(key); };
  hooks.progress = [&](double done, const std::string& what, double end) { meter->update(done, what, end); };
  if (images) hooks.expected = *images * program.chain.samples;
  Chain chain(stages, program.chain, static_cast<int>(program.writer.depth), hooks);
  for (Stage& stage : stages) stage.load(device, program.compute.precision);

  meter.emplace(app.progress, "steps", images ? *images * chain.steps_each() : -1);
  while (auto frame = in.next()) {
    out.warn_of_lost_depth(frame->image);
    if (program.final_size.wanted())  // throws before any work is done
      size_of(program.final_size, *frame, frame->image.width, frame->image.height);
    chain.push(*frame);
  }
  chain.flush();
  meter->finish();
  out.close();
  return in.status();
}

int with_baseline(cli::App& app, const UpscaleProgram& program) {
  Reader in(app.inputs(), program.reader);
  Writer out(program.writer, app.inputs());
  out.expect(in.expected().value_or(1));
  Meter meter(app.progress, "images", in.expected().value_or(-1));
  for (int64_t done = 0; auto frame = in.next(); meter.update(++done)) {
    if (out.skips(frame->key)) continue;
    if (program.final_size.wanted()) size_of(program.final_size, *frame, frame->image.width, frame->image.height);
    frame->image = program.baseline(frame->image, program.final_size);
    out.write(std::move(*frame));
  }
  meter.finish();
  out.close();
  return in.status();
}

int run_program(cli::App& app) {
  UpscaleProgram program;
  program.declare(app.options);
  app.parse();
  program.writer.threads = program.compute.threads;
  program.models = find_manifests(program.models);
  program.final_size.validate();
  program.baseline.validate(program.final_size);
  validate(program.chain.upscale);
  if (program.measure_int8) {
    if (program.baseline.wanted())
      throw UsageError("--measure-int8 needs a stage: -m and --baseline exclude each other");
    return measure(app, program);
  }
  if (!program.baseline.wanted()) return with_stages(app, program);
  if (!program.models.empty()) throw UsageError("--baseline needs no stage: -m and --baseline exclude each other");
  for (const OptionGroup& group : {groups::kSampling, groups::kResult, groups::kTiles})
    app.options.refuse_given(group, "it applies to stages, and --baseline has none", kSizes);
  app.options.refuse_options({"device", "precision"}, "it applies to stages, and --baseline has none");
  if (program.baseline.kernel == "nearest")
    app.options.refuse_options({"convention"}, "--baseline nearest repeats pixels, alike in all of them");
  return with_baseline(app, program);
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("upscale", "super-resolution of images of any size",
                  "-m STAGE.json [-m NEXT.json ...] [images] [-o OUT]", argc, argv, run_program);
}
