// The checkpoints that their projects published, known again by their tensors: names and shapes, which follow from the
// settings that stand here. Of guided-diffusion (July 2021), improved-diffusion (March 2021) and Janspiry's SR3.
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
  const char* project;   // whom to name, and the terms
  int64_t classes;       // labels of class-conditional ones

  std::vector<TensorSource> shapes() const;
};

const std::vector<PublishedCheckpoint>& published_checkpoints();

// The one with exactly these tensors; null: none.
const PublishedCheckpoint* recognised(const NetworkView& net);

}  // namespace sr3
