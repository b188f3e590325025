// Training examples. Example e of a training is a pure function of (seed, e): its image, crop, flip and degradation. So resuming
// needs nothing but the step, and the number of threads does not change the examples. With n images, examples
// n * k .. n * (k + 1) - 1 are epoch k, which has each image once, in an order of its own. Low-resolution images are made by the
// code of degrade(1), after crop and flip, or are given: pairs of images with the same key, whose crops show the same part.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "stage/manifest.h"

namespace sr3 {

class Options;

struct DataOptions {
  std::vector<std::string> operands;  // folders, lists, tar, zip, files
  int64_t crop = 0;                   // side of the random crop, a multiple of the stage's scale; 0: image.high_res
  bool no_flip = false;               // examples are not mirrored at random
  // Crops are drawn again while high_res - condition has a standard deviation below so many grey levels; the most detailed of at
  // most 8 draws is taken.
  double min_detail = 0;
  std::string preprocess = "crop";  // crop: random crop at full size | resize: largest centre square, resized
  int64_t pad = 0;                  // smaller images are centred in a square of this side, and their border repeated
  bool skip_small = false;          // leave out images smaller than the crop
  bool can_keep_going = true;       // whether the program has the option --keep-going, which messages then suggest
  bool keep_going = false;          // an image that cannot be read is replaced by another one
  // An operand with a low-resolution image for each image, of the same key: its sides are those of the image divided by the
  // stage's scale, rounded down, where the image is cut right and bottom. Others in it are not used. "": they are made.
  std::string low_res;
  std::vector<std::string> leave_out;  // files not to train on, even if they are in a folder of the operands
  int64_t cache_mb = 4096;             // decoded images kept in memory, as 8 bits; beyond that they are decoded again
  int64_t threads = 0;                 // decoding threads; 0: all cores
  uint64_t seed = 0;
  // Declares all options except for operands, low_res, leave_out, threads and seed, which are the program's.
  void declare(Options& options);
  void declare_low_res(Options& options);
};

// The SHA-256 of the names of all images in order, and of their sizes in bytes, by which a resumed training recognises its data;
// with those of low-resolution images that are given. The names are without folders, so that they are the same in an archive.
struct ImagesDigest {
  std::string names, sizes;
};

struct Batch {
  at::Tensor high_res;   // (N,C,S,S) float32 in [-1,1], channels_last; C: image.channels, S: side of the crop
  at::Tensor condition;  // (N,C,S,S): low_res upsampled in float, unclipped; undefined for kind base
  at::Tensor low_res;    // (N,C,s,s), channels_last; undefined for kind base
  at::Tensor labels;     // (N) int64; undefined without classes
  int64_t first = 0;     // number of the first example
};

class Loader {
 public:
  // Lists all images and checks that they are usable. Throws Error that names an image which is not ("smaller than the 64x64
  // crop", "no low-resolution image"), or which has no class of the manifest; UsageError for low_res with pad or resizing;
  // DataError for an image that cannot be read, unless keep_going is set.
  Loader(const DataOptions& options, const StageManifest& manifest);
  ~Loader();
  int64_t images() const;
  ImagesDigest digest() const;
  int64_t replaced() const;  // number of examples so far whose image was replaced by another one
  // The names of the images' classes, sorted: from a list, else from the folders; empty when an image has no class.
  std::vector<std::string> classes() const;
  // Examples first .. first+batch-1. When batches are requested in sequence, threads make the next 3 in advance. Throws what
  // making an example has thrown: DataError for an image that cannot be read. With keep_going such an image is reported once,
  // and replaced by the next one in the order of the listing, so that examples depend on the images alone.
  Batch next(int64_t first, int64_t batch);
  // From now on only a part of the examples is requested, in sequence: of every `period` examples from `origin` on those numbered
  // begin .. end-1 among them. So a process of several knows what to make in advance.
  void take_turns(int64_t origin, int64_t period, int64_t begin, int64_t end);
  double waited() const;  // total time in seconds that next() has waited for examples

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
