// Images from noise alone, by a base stage. What comes out depends on the seed, the image's number and its class alone.
// Legend: N images, C channels, S the stage's side.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cascade/stage.h"
#include "stream/frame.h"
#include "stream/shard.h"

namespace sr3 {

class Options;

// Of --class: images without one, by a stage with label dropout; unless a class has this name.
constexpr const char* kNoClass = "none";
bool names_no_class(const Stage& stage, const std::string& text);
// Error when a manifest is no base stage's.
void check_base(const std::string& path, const StageManifest& manifest);

struct DrawOptions {
  int64_t number = 1;   // images in all, over all shards
  std::string classes;  // NAME|INDEX|list of them|all|none; "": all, or none for a stage without classes
  uint64_t seed = 0;
  int64_t batch = 0;      // images at once; 0: by the network
  std::string shard;      // "I/N": stream/shard.h
  bool by_class = false;  // keys are CLASS/NUMBER: folders of classes
  // All but the seed, which is declared as everywhere, and batch, when an upscaler has declared it.
  void declare(Options& options);
};

class BaseSampler {
 public:
  // `stage` must outlive it. UsageError and Error for what cannot be done with it.
  BaseSampler(const Stage& stage, const DrawOptions& options);

  // The images of this shard, in order, with key, index, total, class and seed; yet without pixels.
  int64_t count() const { return shard_.of(options_.number); }
  Frame planned(int64_t k) const;  // k from 0 to count() - 1
  int64_t at_once() const;

  // (N,C,S,S) float32 on the CPU in [-1,1]; of a stage that stops early, with the noise that is left there.
  // after_step(k): k network evaluations are done. The stage must be loaded.
  at::Tensor operator()(const std::vector<Frame>& frames, const std::function<void(int64_t)>& after_step) const;

  // All of the shard but what is skipped, in batches. sink: a frame without pixels and its (C,S,S) floats; progress:
  // image-steps so far. Both skip and progress may be empty.
  void all(const std::function<bool(const std::string& key)>& skip,
           const std::function<void(int64_t done, const std::string& what)>& progress,
           const std::function<void(Frame, const at::Tensor&)>& sink) const;

 private:
  const Stage& stage_;
  DrawOptions options_;
  Shard shard_;
  std::vector<int64_t> labels_;       // taken in turn; empty: no classes
  std::vector<std::string> folders_;  // of --by-class, for each class
};

}  // namespace sr3
