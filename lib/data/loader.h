// Training examples. Example e of a run is a pure function of (seed, e): which image, crop, flip, degradation. So resuming
// needs no cursor but the step, and threads never change what is seen. Examples n * k .. n * (k + 1) - 1 of n images are one
// epoch: each image once, in an order of its own. Low-resolution images are made by degrade's code, after crop and flip.
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
  int64_t crop = 0;                   // side of the random crop; 0: image.high_res. A multiple of the stage's scale
  bool no_flip = false;
  double min_detail = 0;  // redraw crops whose high_res - condition has a standard deviation under so many grey
                          // levels: the most detailed of at most 8 draws within the image
  std::string preprocess = "crop";  // crop: random crop at full size | resize: largest centre square, area to high_res
  int64_t pad = 0;                  // smaller images are put in the middle of this side, their border repeated
  bool skip_small = false;          // leave out images smaller than the crop
  bool can_keep_going = true;       // whether the program has the option that messages name
  bool keep_going = false;          // another image takes the place of one that cannot be read
  std::vector<std::string> leave_out;  // files that are no images to train on, whatever folder is named
  int64_t cache_mb = 4096;             // decoded images kept in memory, as 8 bits; beyond that they are decoded again
  int64_t threads = 0;                 // decoding threads; 0: all cores
  uint64_t seed = 0;
  // All but operands, leave_out, threads and seed, which are the program's.
  void declare(Options& options);
};

// SHA-256 over the names of all images in order, and over their sizes in bytes: whether they are those of another time. A name
// has no folder, so that it is the same in an archive.
struct ImagesDigest {
  std::string names, sizes;
};

struct Batch {
  at::Tensor high_res;   // (N,C,S,S) float32 in [-1,1], channels_last; C: image.channels
  at::Tensor condition;  // (N,C,S,S): low_res upsampled (float core, unclipped); undefined for kind base
  at::Tensor low_res;    // (N,C,s,s), channels_last; undefined for kind base
  at::Tensor labels;     // (N) int64; undefined without classes
  int64_t first = 0;     // number of the first example
};

class Loader {
 public:
  // Finds all images and checks that they can serve; Error says which cannot ("smaller than the 64x64 crop"), or which is of no
  // class of the manifest.
  Loader(const DataOptions& options, const StageManifest& manifest);
  ~Loader();
  int64_t images() const;
  ImagesDigest digest() const;
  int64_t replaced() const;  // examples so far that another image than theirs stands for
  // Names of the classes of the images, sorted: what a list says, else the folder; none when one has none.
  std::vector<std::string> classes() const;
  // Examples first .. first+batch-1. Asked for in sequence, the next 3 batches are made in threads ahead. Throws what making an
  // example threw (DataError at an image that cannot be read). With keep_going such an image is complained of once, and the next
  // one in the order of the listing stands for it, so that examples depend on the images alone.
  Batch next(int64_t first, int64_t batch);
  double waited() const;  // seconds that next() has waited in all

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
