// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3").
// A value is a pure function of (seed, stream, counter), so it does not depend on batch size, threads, shards or tiles.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace sr3 {

// One block of four random words.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// Four standard normal numbers from one block (Box-Muller on its two pairs).
std::array<float, 4> philox_normal4(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

inline std::array<uint32_t, 2> philox_key(uint64_t seed) {
  return {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
}

// A sequence of random numbers for one purpose (`stream`, of the register below) and one item (`index`), such as the crop
// of one training image.
class RandomStream {
 public:
  RandomStream(uint64_t seed, uint64_t index, uint32_t stream);
  uint32_t bits();             // uniform 32 bits
  double uniform();            // [0, 1), 53 bits
  double normal();             // N(0, 1)
  uint64_t below(uint64_t n);  // uniform in 0..n-1, n >= 1
  // Fills `out` with N(0, 1) in bulk, from the next blocks. They are not the numbers of normal(), but much faster, and of the
  // same bits on every machine (base/normal.h).
  void normals(std::span<float> out);

 private:
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> block_{};
  unsigned used_ = 4;
};

// The register of streams: no two purposes may share random numbers.
enum RandomPurpose : uint32_t {
  kRandomCrop = 1,
  kRandomLevel = 2,
  kRandomOrder = 3,
  kRandomInit = 4,
  kRandomDropout = 5,
  kRandomDegrade = 6,
  kRandomNoise = 7,  // training noise
  kRandomAugment = 8,
  kRandomLabel = 9,    // dropped class labels
  kRandomSubset = 10,  // of images, in metrics
  kRandomRecipe = 11,  // the steps of a random degradation
  kRandomValidation = 12,
  // Machine raters of a study:
  kRaterEffect = 100,
  kImageEffect = 101,
  kJudgement = 102,
  kDetectorCrop = 110,
  // The noise of a random degradation: this plus the number of the step.
  kRandomRecipeNoise = 1 << 16,
};

}  // namespace sr3
