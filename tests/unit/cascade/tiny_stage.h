// An x2 stage with a few thousand random weights, in a temporary folder that is removed with the object.
#pragma once

#include <functional>
#include <string>

#include "base/folder.h"
#include "base/rng.h"
#include "format/digest.h"
#include "format/safetensors.h"
#include "nn/unet.h"
#include "stage/manifest.h"
#include "tensor/aten.h"

namespace sr3 {

class TinyStage {
 public:
  // change: edits the manifest before the weights are drawn. silent: the last convolution is zero, as in a new network.
  explicit TinyStage(const std::function<void(StageManifest&)>& change = {}, bool silent = false) {
    StageManifest& m = manifest;
    m.image.low_res = 8;
    m.image.high_res = 16;
    m.network.condition_channels = 3;
    m.network.patch = 2;
    m.network.channels = 8;
    m.network.multipliers = {1, 2};
    m.network.blocks = {1, 1};
    m.network.groups = 4;
    m.network.middle_attention = false;
    m.diffusion.predict = "v";
    m.diffusion.target = "residual";
    m.sampling.sampler = "ddim";
    m.sampling.steps = "3";
    m.sampling.eta = 1;
    if (change) change(m);
    TensorFile file;
    uint64_t index = 0;
    const Parameters drawn = initial_parameters(m.network, 1);
    for (const auto& [name, value] : drawn.all()) {
      at::Tensor filled = value.clone();
      // Weights that are initialised to zero get values, so that every part of the network has an effect.
      if (!silent && filled.abs().max().item<float>() == 0) {
        RandomStream random(7, index, kRandomInit);
        for (int64_t i = 0; i < filled.numel(); ++i)
          filled.data_ptr<float>()[i] = static_cast<float>(0.1 * random.normal());
      }
      file.tensors.emplace_back(name, filled);
      ++index;
    }
    m.weights_file = "weights.safetensors";
    write_safetensors(folder_ / m.weights_file, file);
    m.weights_sha256 = sha256_file(folder_ / m.weights_file);
    save();
  }
  TinyStage(const TinyStage&) = delete;

  void save() const { write_manifest(path(), manifest); }
  std::string path() const { return folder_ / "stage.json"; }
  std::string weights() const { return folder_ / manifest.weights_file; }

  StageManifest manifest;

 private:
  samples::Folder folder_;
};

// Colours by a simple formula, with some hard edges.
inline Image test_image(int64_t width, int64_t height, int seed = 0) {
  Image image = make_image(width, height);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < 3; ++c)
        image.u8[static_cast<size_t>((y * width + x) * 3 + c)] =
            static_cast<uint8_t>((x * 11 + y * 7 + c * 50 + seed * 31 + ((x / 3 + y / 4) % 2) * 90) % 256);
  return image;
}

}  // namespace sr3
