// Passes frames through one or more stages in order, like a pipe of as many upscale(1): between two stages an image is rounded to
// 8 bits, and its noise depends on the fields of its "#sr" line alone. So `-m a -m b` and the pipe give the same bytes. The
// Alpha is enlarged by bicubic interpolation at each stage, and the stages see colours from beside invisible pixels in their
// place (image/alpha.h). The noisy image of a stage that stops early (CDM's truncated conditioning) is passed on in floats.
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
  std::string label;            // class of all images, a name, an index or "none"; "": the frame's own
  bool same_noise = false;      // all images have the noise of the first one, whatever their position in the input
  bool exact = false;           // passes floats from stage to stage instead of 8 bits, which a pipe cannot do
  void declare(Options& options);
};

class Chain {
 public:
  struct Hooks {
    std::function<void(Frame)> sink;                   // takes the results, in order
    std::function<bool(const std::string& key)> skip;  // whether to skip a result; may be empty
    // Image-steps so far, what is at hand, and how many image-steps there will be when that is done; may be empty.
    std::function<void(double done, const std::string& what, double end)> progress;
    std::function<void(size_t stage, const Frame&)> keep = {};  // takes each stage's images; may be empty
    std::optional<int64_t> expected = {};                       // the number of results, for `what`: "image 3 of 10"
  };

  // `stages` must outlive the chain, and be loaded before the first batch runs. depth: bits per sample of the results. Throws
  // UsageError for an option out of range or a class that no stage has, and Error for a base stage.
  Chain(const std::vector<Stage>& stages, ChainOptions options, int depth, Hooks hooks);

  // Adds a frame. Consecutive images of one size form a batch, which runs when it is full, or on flush().
  // image: the pixels as (C,H,W) floats, used instead of the frame's if defined; `noised`: they have the first stage's noise
  // level already. Throws DataError when a stage needs a class and the frame has none, or one out of range.
  void push(const Frame& frame, const at::Tensor& image = {}, bool noised = false);
  void flush();
  // The number of sampling steps for one input, over all stages and samples.
  int64_t steps_each() const;

 private:
  struct Work {
    Frame frame;
    at::Tensor image;     // floats (C,H,W) that replace the frame's pixels; or undefined
    bool noised = false;  // the floats have the noise level of the next stage
    int64_t sample = 0;   // number of the sample, from 0; 0 after the first stage
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
  std::vector<std::optional<int64_t>> labels_;  // for each stage, the class of --class; -1: unconditional
  std::vector<Work> waiting_;                   // the next batch: images of one size
  int64_t done_ = 0, begun_ = 0;                // image-steps done; results started in the first stage, or skipped
  int64_t end_ = 0;                             // image-steps when the batch at hand has passed all stages
};

}  // namespace sr3
