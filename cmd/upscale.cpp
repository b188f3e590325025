// upscale: super-resolution of images of any size by the stages of -m, one after the other, or by plain resizing.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cascade/baseline.h"
#include "cascade/chain.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "nn/precision.h"
#include "stream/reader.h"
#include "stream/writer.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

struct UpscaleProgram {
  std::vector<std::string> models;
  Baseline baseline;
  SamplingOverrides sampling;
  ChainOptions chain;
  bool skip_existing = false;
  ReaderOptions reader;
  WriterOptions writer;
  cli::ComputeOptions compute;

  void declare(Options& options) {
    options.group("Model");
    options.add("model", 'm', &models, "STAGE", "manifest of a stage; more than one: in this order");
    baseline.declare(options);
    sampling.declare(options);
    chain.declare(options);
    options.group("Images");
    options.add("skip-existing", 0, &skip_existing, "leave out what is in the output folder already");
    reader.declare(options);
    writer.declare(options);
    compute.declare(options);
  }
};

int with_stages(cli::App& app, const UpscaleProgram& program) {
  if (program.models.empty()) throw UsageError("no stage given: -m STAGE.json, or --baseline");
  std::vector<Stage> stages = open_chain(program.models, program.sampling);
  const at::Device device = open_device(program.compute.device);
  use_threads(program.compute.threads);

  Reader in(app.inputs(), program.reader);
  Writer out(program.writer, app.inputs());
  const auto images = in.expected();
  out.expect(images.value_or(1) * program.chain.samples);
  std::optional<Meter> meter;
  Chain::Hooks hooks;
  hooks.sink = [&](Frame frame) { out.write(std::move(frame)); };
  if (program.skip_existing) hooks.skip = [&](const std::string& key) { return out.exists(key); };
  hooks.progress = [&](int64_t done, const std::string& what) { meter->update(done, what); };
  Chain chain(stages, program.chain, static_cast<int>(program.writer.depth), hooks);
  for (Stage& stage : stages) stage.load(device, precision_named(program.compute.precision, device));

  meter.emplace(app.progress, "steps", images ? *images * chain.steps_each() : -1);
  while (auto frame = in.next()) chain.push(*frame);
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
    if (program.skip_existing && out.exists(frame->key)) continue;
    frame->image = program.baseline(frame->image);
    out.write(std::move(*frame));
  }
  meter.finish();
  out.close();
  return in.status();
}

int upscale_main(cli::App& app) {
  UpscaleProgram program;
  program.declare(app.options);
  app.parse();
  program.writer.threads = program.compute.threads;
  program.baseline.validate();
  validate(program.chain.upscale);
  const std::string& output = program.writer.output;
  if (program.skip_existing && !output.ends_with('/') && !std::filesystem::is_directory(output))
    throw UsageError("--skip-existing needs a folder: -o DIR/");
  if (!program.baseline.wanted()) return with_stages(app, program);
  if (!program.models.empty()) throw UsageError("--baseline needs no stage: -m and --baseline exclude each other");
  for (const char* group : {"Sampling (defaults: the stage's)", "Result", "Large pictures"})
    app.options.refuse_given(group, "it is of stages, and --baseline has none");
  return with_baseline(app, program);
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("upscale", "super-resolution of images of any size",
                  "-m STAGE.json [-m NEXT.json ...] [images] [-o OUT]", argc, argv, upscale_main);
}
