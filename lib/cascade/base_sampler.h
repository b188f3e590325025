// Draws images with a base stage, from noise alone. An image depends on the seed, its number and its class alone.
// Legend: N images, C channels, S side of the stage's images.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cascade/device_batch.h"
#include "cascade/stage.h"
#include "stream/frame.h"
#include "stream/shard.h"

namespace sr3 {

class Options;

// The word of --class for unconditional images, which need a stage with label dropout. A class of this name takes precedence.
constexpr const char* kNoClass = "none";
// Whether --class `text` means unconditional images.
bool names_no_class(const Stage& stage, const std::string& text);
// Throws Error unless the manifest is of a base stage; `path` is for the message.
void check_base(const std::string& path, const StageManifest& manifest);

struct DrawOptions {
  int64_t number = 1;   // images in all, over all shards
  std::string classes;  // NAME|INDEX|list of them|all|none; "": all, or none for a stage without classes
  uint64_t seed = 0;
  int64_t batch = 0;      // images per batch; 0: by the size of the network
  std::string shard;      // "I/N": stream/shard.h
  bool by_class = false;  // keys are CLASS/NUMBER, which makes a folder for each class
  // Declares all options except for the seed, which the program declares, and for batch if an upscaler has declared it.
  void declare(Options& options);
};

class BaseSampler {
 public:
  // `stage` must outlive the sampler. Throws Error if it is not a base stage, and UsageError for an option out of range or for
  // classes that it does not have.
  BaseSampler(const Stage& stage, const DrawOptions& options);

  // The number of images of this shard.
  int64_t count() const { return shard_.of(options_.number); }
  // The k-th image of this shard, 0 <= k < count(), with key, index, total, class and seed, but without pixels.
  Frame planned(int64_t k) const;
  // The number of images in a batch.
  int64_t at_once() const;

  // Draws the images of some planned frames: (N,C,S,S) float32 on the CPU in [-1,1]. A stage that stops early leaves its noise in
  // them, and values beyond [-1,1]. Calls after_step(k) after the k-th sampling step. The stage must be loaded.
  at::Tensor operator()(const std::vector<Frame>& frames, const std::function<void(int64_t)>& after_step) const;

  // Draws all images of the shard except for those to skip, in batches. `sink` gets a frame without pixels and its (C,S,S) floats;
  // `progress` the number of image-steps so far (one step for one image). `skip` and `progress` may be empty.
  void all(const std::function<bool(const std::string& key)>& skip,
           const std::function<void(int64_t done, const std::string& what)>& progress,
           const std::function<void(Frame, const at::Tensor&)>& sink) const;

 private:
  at::Tensor batch(const std::vector<Frame>& frames, const std::function<void(int64_t)>& after_step) const;

  const Stage& stage_;
  DrawOptions options_;
  mutable BatchLimit limit_;  // what the device's memory has turned out to have room for
  Shard shard_;
  std::vector<int64_t> labels_;       // assigned to the images in turn; empty: no classes
  std::vector<std::string> folders_;  // the folder of each class, with --by-class
};

}  // namespace sr3
