// sample: draws images from noise by a base stage (lib/cascade/base_sampler.h). See sample(1).
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cascade/base_sampler.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "stage/find_manifest.h"
#include "stage/manifest.h"
#include "stream/writer.h"
#include "tensor/convert.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

struct SampleProgram {
  std::vector<std::string> models;  // of which there is one
  SamplingOverrides sampling;
  DrawOptions draw;
  WriterOptions writer;
  cli::ComputeOptions compute;

  void declare(Options& options) {
    options.group(groups::kModel);
    options.add("model", 'm', &models, "STAGE", "manifest of a base stage");
    sampling.declare(options, /*base=*/true);
    draw.declare(options);
    cli::declare_seed(options, &draw.seed);
    writer.declare(options);
    writer.declare_skip_existing(options);
    compute.declare(options);
  }
};

int run_program(cli::App& app) {
  SampleProgram program;
  program.declare(app.options);
  app.parse();
  if (program.models.empty()) throw UsageError("no stage given: -m STAGE.json");
  if (program.models.size() > 1) throw UsageError("-m: sample draws from one stage; cascade runs several");
  const std::string model = find_manifest(program.models[0]);
  if (!app.operands().empty())
    throw UsageError(cat("'", app.operands()[0], "': a base stage takes no images; upscale does"));
  check_base(model, read_manifest(model));  // before options that other stages take
  Stage stage(model, program.sampling);
  const BaseSampler base_sampler(stage, program.draw);
  const at::Device device = open_device(program.compute.device);
  use_threads(program.writer.threads = program.compute.threads);
  Writer out(program.writer);
  out.expect(base_sampler.count());
  stage.load(device, program.compute.precision);

  Meter meter(app.progress, "steps", base_sampler.count() * stage.steps());
  base_sampler.all([&](const std::string& key) { return out.skips(key); },
                   [&](int64_t done, const std::string& what) { meter.update(done, what); },
                   [&](Frame frame, const at::Tensor& image) {
                     frame.image = to_image(image, static_cast<int>(program.writer.depth));
                     out.write(std::move(frame));
                   });
  meter.finish();
  out.close();
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("sample", "draw images from a base stage", "-m STAGE.json [-n N] [--class CLASS] [-o OUT]", argc,
                  argv, run_program);
}
