// Feeds damaged inputs to every reader of files: each must return or throw an sr3::Error, within limits of time and
// memory. Deterministic: the same seed gives the same inputs as long as the code takes the same paths. Inputs that reach new
// code (gcc's trace-pc) join the corpus, so that damage can accumulate. A failing input is saved as fuzz-TARGET.
//
// usage: fuzz-readers SECONDS [TARGET [FILE]]     seconds for each target; FILE: run that input once. Without the options SANITIZE
// and FUZZ of the build it finds crashes only, and what is new is not known.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "corpus.h"
#include "format/json.h"
#include "format/npz.h"
#include "format/safetensors.h"
#include "format/torch_pickle.h"
#include "image/codec.h"
#include "import/adm.h"
#include "import/describe.h"
#include "import/diffusers.h"
#include "import/import_stage.h"
#include "import/sr3.h"
#include "mutate.h"
#include "stage/cascade_manifest.h"
#include "stage/manifest.h"
#include "stream/archive.h"
#include "stream/frame.h"
#include "stream/splitter.h"
#include "study/gather.h"

// The libraries under test call this at every edge of their control flow graph. Also from the resolvers of functions for
// several kinds of CPU, before the sanitizers are ready.
static uint8_t seen[1 << 16];
static int fresh = 0;
extern "C" __attribute__((no_sanitize("address", "undefined"))) void __sanitizer_cov_trace_pc() {
  const auto pc = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  uint8_t& slot = seen[(pc ^ pc >> 16) & 0xffff];
  if (!slot) slot = 1, ++fresh;
}

extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:max_allocation_size_mb=1024:hard_rss_limit_mb=4096";
}
extern "C" void __sanitizer_set_death_callback(void (*)()) __attribute__((weak));

namespace {

using namespace sr3;

class Memory : public Source {
 public:
  explicit Memory(const Bytes& bytes) : bytes_(bytes) {}
  size_t read(uint8_t* to, size_t n) override {
    n = std::min(n, bytes_.size() - at_);
    std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(at_), n, to);
    at_ += n;
    return n;
  }
  const std::string& name() const override { return name_; }

 private:
  const Bytes& bytes_;
  size_t at_ = 0;
  std::string name_ = "input";
};

struct Target {
  const char* name;
  std::vector<Bytes> (*corpus)();
  std::function<void(const Bytes&)> read;
};

constexpr Limits kLimits{1 << 20};

void read_image(const Bytes& bytes) { decode(bytes, "input", kLimits); }

void read_stream(const Bytes& bytes) {
  Memory source(bytes);
  Splitter images(source, kLimits);
  while (auto image = images.next()) decode(*image, images.origin(), kLimits);
}

void read_archive(const Bytes& bytes) {
  if (!is_archive(std::span(bytes).first(std::min<size_t>(bytes.size(), 512)))) return;
  Memory source(bytes);
  Archive archive(source, kLimits);
  // Each damaged member is reported once; an endless loop would be a failure in itself.
  for (int members = 0; members < 10000; ++members) {
    try {
      const auto member = archive.next();
      if (!member) return;
      decode(member->bytes, member->origin, kLimits);
    } catch (const DataError&) {
    }
  }
  throw std::logic_error("more than 10000 members");
}

void read_weights(const Bytes& bytes) {
  Memory source(bytes);
  read_safetensors(source, bytes.size());
}

void read_torch_file(const Bytes& bytes) {
  TensorFile file = read_torch(bytes, "input");
  strip_wrappers(file);
}

// Some formats are read only from files.
class ScratchFile {
 public:
  ScratchFile(const Bytes& bytes, const char* extension)
      : path((std::filesystem::temp_directory_path() / cat("sr3-fuzz-", getpid(), extension)).string()) {
    write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  ~ScratchFile() { std::remove(path.c_str()); }
  const std::string path;
};

// A zip is read from a file, because its directory is at the end.
void read_arrays(const Bytes& bytes) { read_npz(ScratchFile(bytes, ".npz").path); }

// Describes a checkpoint, reads all of its tensors, and imports it for each project with settings that match none.
void read_checkpoint(const Bytes& bytes) {
  const ScratchFile scratch(bytes, ".pt");
  describe_checkpoint(scratch.path);
  const CheckpointFile file(scratch.path);
  for (const auto& tensor : file.tensors()) file.read(tensor.name);
  ImportOptions flags;
  flags.flags = "--num_channels 32";
  for (const auto& options : {ImportOptions(), flags})
    for (const char* format : {"adm", "sr3"}) {
      try {
        plan_import(format, file, options);
      } catch (const Error&) {
      }
    }
}

std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

void read_flags(const Bytes& bytes) { adm_manifest(parse_adm_flags(text_of(bytes)), 10); }

void read_sr3(const Bytes& bytes) {
  validate(sr3_manifest(read_sr3_config(parse_config(text_of(bytes), "input", true))));
}

// config.json, or scheduler_config.json: an input is valid if it is one of them.
void read_diffusers(const Bytes& bytes) {
  const JsonObject config = parse_config(text_of(bytes), "input", false);
  try {
    diffusers_layout(diffusers_model(config, false).network, false);
  } catch (const Error&) {
    make_betas(diffusers_scheduler(config).diffusion.schedule);
  }
}

void read_study(const Bytes& bytes) {
  parse_design(JsonObject::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "input", 5));
}

void read_answer_files(const Bytes& bytes) {
  try {
    parse_posted({bytes.begin(), bytes.end()});
  } catch (const DataError&) {
  }
  const ScratchFile scratch(bytes, ".jsonl");
  read_answers(scratch.path);
  gather_csv({scratch.path}, /*keep_going=*/false);
}

void read_comment(const Bytes& bytes) {
  Frame frame;
  apply_comment(frame, {bytes.begin(), bytes.end()});
  if (frame_comment(frame).size() >= 500) throw std::logic_error("a comment of 500 bytes or more");
}

const Target kTargets[] = {
    {"pnm", pnm_corpus, read_image},
    {"png", png_corpus, read_image},
    {"jpeg", jpeg_corpus, read_image},
    {"webp", webp_corpus, read_image},
    {"tiff", tiff_corpus, read_image},
    {"gif", gif_corpus, read_image},
    {"heif", heif_corpus, read_image},
    {"stream", stream_corpus, read_stream},
    {"archive", archive_corpus, read_archive},
    {"comment", comment_corpus, read_comment},
    {"safetensors", safetensors_corpus, read_weights},
    {"torch", torch_corpus, read_torch_file},
    {"checkpoint", checkpoint_corpus, read_checkpoint},
    {"adm-flags", flags_corpus, read_flags},
    {"sr3-config", sr3_config_corpus, read_sr3},
    {"diffusers", diffusers_corpus, read_diffusers},
    {"npz", npz_corpus, read_arrays},
    {"manifest", manifest_corpus,
     [](const Bytes& bytes) {
       parse_manifest({bytes.begin(), bytes.end()}, "input");
     }},
    {"study", study_corpus, read_study},
    {"trials", trials_corpus,
     [](const Bytes& bytes) {
       parse_trials({bytes.begin(), bytes.end()}, fuzz_design(), "input");
     }},
    {"answers", answers_corpus, read_answer_files},
    {"cascade", cascade_corpus,
     [](const Bytes& bytes) {
       parse_cascade({bytes.begin(), bytes.end()}, "input");
     }},
};

const Target* current_target = nullptr;
Bytes current_input;

void save_input() {
  const std::string path = std::string("fuzz-") + current_target->name;
  if (std::FILE* file = std::fopen(path.c_str(), "wb")) {
    std::fwrite(current_input.data(), 1, current_input.size(), file);
    std::fclose(file);
  }
  std::fprintf(stderr, "fuzz-readers: the input is in '%s'\n", path.c_str());
}

// Whether the input was accepted.
bool feed(const Target& target) {
  const std::clock_t begin = std::clock();  // of the processor: others may need the machine
  bool accepted = false;
  try {
    target.read(current_input);
    accepted = true;
  } catch (const Error&) {
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fuzz-readers: %s: not an sr3::Error: %s\n", target.name, e.what());
    save_input();
    std::exit(1);
  }
  const double took = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  if (took > 20) {
    std::fprintf(stderr, "fuzz-readers: %s: took %.0f s of the processor\n", target.name, took);
    save_input();
    std::exit(1);
  }
  return accepted;
}

void fuzz(const Target& target, double seconds) {
  current_target = &target;
  std::vector<Bytes> corpus = target.corpus();
  size_t valid = 0;
  for (const Bytes& input : corpus) {
    current_input = input;
    valid += feed(target);
  }
  if (corpus.empty()) {
    std::printf("%-12s not in this build\n", target.name);
    return;
  }
  const auto begin = std::chrono::steady_clock::now();
  const size_t given = corpus.size();
  uint64_t runs = 0, accepted = 0;
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < seconds) {
    RandomStream random(1, runs++, 0);
    current_input = mutate(corpus, random);
    fresh = 0;
    accepted += feed(target);
    if (fresh > 0) corpus.push_back(current_input);
  }
  std::printf("%-12s %9llu inputs from %zu (of which %zu valid), %llu accepted, %zu of them reached new code\n",
              target.name, static_cast<unsigned long long>(runs), given, valid,
              static_cast<unsigned long long>(accepted), corpus.size() - given);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 10;
  log_state().verbosity = 0;
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(save_input);
  for (const Target& target : kTargets) {
    if (argc > 2 && std::string(argv[2]) != target.name) continue;
    if (argc > 3) {
      current_target = &target;
      current_input = read_file(argv[3]);
      std::printf("%s\n", feed(target) ? "accepted" : "refused");
    } else {
      fuzz(target, seconds);
    }
  }
}
