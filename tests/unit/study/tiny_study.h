// A study on disk for tests, with noise images of 12x10 and two models.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "image/codec.h"
#include "stream/scratch.h"
#include "study/study.h"

namespace sr3 {

inline std::string tiny_images(const samples::Folder& scratch, const std::string& name, int count, int seed,
                               int64_t width = 12) {
  const std::string folder = scratch.path + name;
  std::filesystem::create_directories(folder);
  for (int i = 0; i < count; ++i) {
    Image image = make_image(width, 10);
    for (size_t k = 0; k < image.u8.size(); ++k)
      image.u8[k] = static_cast<uint8_t>((k * 37 + k / 7 * seed + i * 11) % 251);
    const Bytes bytes = encode(image, Format::kPng, {});
    write_file(folder + "/" + std::to_string(100 + i) + ".png",
               {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  return folder;
}

inline StudyDesign tiny_design() {
  StudyDesign design;
  design.raters = 4, design.trials = 6, design.practice = 1, design.catches = 2, design.controls = 1,
  design.repeats = 2;
  return design;
}

inline Study tiny_study(const samples::Folder& scratch, const StudyDesign& design = tiny_design()) {
  PlanInputs inputs;
  inputs.real = tiny_images(scratch, "photographs", 12, 3);
  inputs.models = {tiny_images(scratch, "alpha", 12, 5), tiny_images(scratch, "beta", 12, 7)};
  int status = 0;
  make_study(inputs, design, scratch.path + "study", &status);
  return Study(scratch.path + "study");
}

}  // namespace sr3
