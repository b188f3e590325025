// The checkpoints that guided-diffusion (July 2021), improved-diffusion (March 2021) and Janspiry's SR3 published. They are
// recognized by the names and shapes of their tensors, which follow from the settings in this table.
#pragma once

#include <string>
#include <vector>

#include "import/layout.h"

namespace sr3 {

struct PublishedCheckpoint {
  enum Kind { kAdm, kSr3, kClassifier };
  Kind kind;
  const char* file;      // as published; several of one layout: "lsun_bedroom.pt, ..."
  std::string settings;  // the README's flags (kAdm, kClassifier), or the configuration's JSON (kSr3)
  const char* data;      // what it was trained on
  const char* project;   // attribution and licence
  int64_t classes;       // labels of class-conditional ones

  std::vector<TensorSource> shapes() const;
};

const std::vector<PublishedCheckpoint>& published_checkpoints();

// The checkpoint with exactly these tensors; null if there is none.
const PublishedCheckpoint* recognised(const NetworkView& net);

}  // namespace sr3
