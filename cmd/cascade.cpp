// cascade: a whole cascade in one program, from noise or from given images (lib/cascade/generate.h), or the pipe of
// sample and upscale that does the same. See cascade(1).
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/shell.h"
#include "cascade/generate.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "stage/find_manifest.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

struct CascadeProgram {
  std::vector<std::string> stages;  // in place of a cascade's manifest
  CascadeOverrides sampling;
  GenerateOptions generate;
  bool show_pipe = false;
  cli::ComputeOptions compute;

  void declare(Options& options) {
    options.group(groups::kModel);
    options.add("model", 'm', &stages, "STAGE",
                "manifest of a stage, instead of CASCADE.json; several are applied in this order");
    sampling.declare(options);
    generate.declare(options);
    options.add("show-pipe", 0, &show_pipe, "print the equivalent pipe of sample and upscale, and exit");
    options.group(groups::kInput);
    options.add("keep-going", 0, &generate.reader.keep_going, "skip damaged images, and exit with status 3");
    generate.writer.declare(options);
    generate.writer.declare_skip_existing(options);
    compute.declare(options);
  }
  std::string pipe(const Cascade& cascade, const std::vector<std::string>& images) const;
};

// Each option goes to the command of the pipe that it concerns.
std::string CascadeProgram::pipe(const Cascade& cascade, const std::vector<std::string>& images) const {
  const DrawOptions& draw = generate.draw;
  const WriterOptions& writer = generate.writer;
  PipeWords words;
  const auto add = [](std::string& to, const char* option, const auto& value) { to += cat(" ", option, " ", value); };
  if (cascade.has_base()) {
    add(words.first, "-n", draw.number);
    if (!draw.classes.empty()) add(words.first, "--class", shell_word(draw.classes));
    if (draw.by_class) words.first += " --by-class";
    if (generate.without_class(cascade)) words.classes = " --class none";
  } else {
    if (!draw.classes.empty()) add(words.classes, "--class", shell_word(draw.classes));
    if (generate.reader.keep_going) words.first += " --keep-going";
    for (const std::string& image : images) words.first += " " + shell_word(image);
  }
  if (generate.seed) add(words.first, "--seed", *generate.seed);
  if (!draw.shard.empty()) add(words.first, "--shard", draw.shard);
  if (draw.batch) add(words.all, "--batch", draw.batch);
  if (compute.device != "auto") add(words.all, "--device", compute.device);
  if (compute.precision != "auto") add(words.all, "--precision", compute.precision);
  if (compute.threads) add(words.all, "--threads", compute.threads);
  if (writer.output != "-") add(words.last, "-o", shell_word(writer.output));
  if (writer.depth != WriterOptions{}.depth) add(words.last, "--depth", writer.depth);
  if (writer.png_level) add(words.last, "--png-level", *writer.png_level);
  if (writer.skip_existing) words.last += " --skip-existing";
  return cascade.pipe(words);
}

// Whether it is a manifest's path or name, not that of images.
bool names_manifest(const std::string& operand) {
  if (operand.ends_with(".json")) return true;
  if (std::error_code none; std::filesystem::exists(operand, none)) return false;
  try {
    return !find_manifest(operand).empty();
  } catch (const Error&) {  // as images it cannot be opened either, which is said then
    return false;
  }
}

Cascade open_cascade(const CascadeProgram& program, const std::vector<std::string>& operands,
                     std::vector<std::string>& images) {
  const bool joined = !program.stages.empty();
  if (!joined && operands.empty()) throw UsageError("no cascade given: CASCADE.json, or its stages by -m");
  images.assign(operands.begin() + !joined, operands.end());
  if (!joined) return Cascade(find_manifest(operands[0]), program.sampling, !images.empty());
  if (!images.empty() && names_manifest(images[0]))
    throw UsageError(cat("'", images[0], "': either a cascade, or stages by -m"));
  return Cascade(find_manifests(program.stages), program.sampling, !images.empty());
}

int run_program(cli::App& app) {
  CascadeProgram program;
  program.declare(app.options);
  app.parse();
  GenerateOptions& options = program.generate;
  std::vector<std::string> images;
  Cascade cascade = open_cascade(program, app.operands(), images);
  options.validate(cascade);
  if (program.show_pipe) {
    if (!options.keep_stages.empty())
      throw UsageError("--show-pipe: no pipe keeps what its stages pass on (--keep-stages)");
    std::printf("%s\n", program.pipe(cascade, images).c_str());
    return kDone;
  }
  const at::Device device = open_device(program.compute.device);
  use_threads(options.reader.threads = options.writer.threads = program.compute.threads);
  options.progress = app.progress;
  return generate(cascade, images, options, device, program.compute.precision);
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("cascade", "generate images by a cascade of stages",
                  "CASCADE.json|-m STAGE... [-n N] [--class CLASS] [images] [-o OUT]", argc, argv, run_program);
}
