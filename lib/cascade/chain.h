// Frames through one or more stages in order, as a pipe of as many upscale(1) would take them: between two stages an
// image is rounded to 8 bits, and its noise depends on what its "#sr" line says. So `-m a -m b` and the pipe
// give the same bytes. What a stage that stops early hands on (CDM's truncated conditioning) stays a float.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cascade/upscaler.h"
#include "stream/frame.h"

namespace sr3 {

class Options;

struct ChainOptions {
  UpscaleOptions upscale;
  int64_t samples = 1;          // results of each image; more than one: keys get "-1", "-2", ...
  std::optional<int64_t> seed;  // unset: the frame's own, else 0
  std::string label;            // class of all images, name or index, or none; "": the frame's own
  bool exact = false;           // between stages floats instead of 8 bits, as no pipe can
  void declare(Options& options);
};

class Chain {
 public:
  struct Hooks {
    std::function<void(Frame)> sink;                                      // takes the results, in order
    std::function<bool(const std::string& key)> skip;                     // of a result: not wanted; may be empty
    std::function<void(int64_t done, const std::string& what)> progress;  // image-steps so far; may be empty
    std::function<void(size_t stage, const Frame&)> keep = {};            // each stage's finished images; may be empty
  };

  // The stages, loaded, must outlive it. UsageError and Error for what cannot be done with them.
  Chain(const std::vector<Stage>& stages, ChainOptions options, int depth, Hooks hooks);

  // Images of one size are worked on together as far as --batch says; results come when a batch is full, or by flush().
  // image: the frame's pixels as (C,H,W) floats, `noised` with the first stage's noise or not; undefined: those of the
  // frame.
  void push(const Frame& frame, const at::Tensor& image = {}, bool noised = false);
  void flush();
  // Network evaluations that one input takes.
  int64_t steps_each() const;

 private:
  struct Work {
    Frame frame;
    at::Tensor image;     // floats (C,H,W), when they count and not the frame's pixels
    bool noised = false;  // they have the next stage's noise
    int64_t sample = 0;   // the first stage's, from 0
    int64_t width() const { return image.defined() ? image.size(2) : frame.image.width; }
    int64_t height() const { return image.defined() ? image.size(1) : frame.image.height; }
  };

  void run(size_t stage, std::vector<Work>& work);
  void run_batch(size_t stage, Work* work, size_t count);
  int64_t label_for(size_t stage, const Frame& frame) const;

  const std::vector<Stage>& stages_;
  ChainOptions options_;
  int depth_;
  Hooks hooks_;
  std::vector<Upscaler> upscalers_;
  std::vector<std::optional<int64_t>> labels_;  // of each stage, where --class says it; -1: none
  std::vector<Work> waiting_;                   // of one size
  int64_t done_ = 0, begun_ = 0;                // image-steps; images of the first stage
};

}  // namespace sr3
