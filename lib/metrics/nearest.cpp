#include "metrics/nearest.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <stdexcept>
#include <utility>

namespace sr3 {

namespace {

// The sum of squared differences, or any larger number when it exceeds `limit`.
int64_t square_difference(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b, int64_t limit) {
  constexpr size_t kBlock = 4096;  // whose sum fits into 32 bits
  int64_t sum = 0;
  for (size_t at = 0; at < a.size() && sum <= limit; at += kBlock) {
    const size_t end = std::min(a.size(), at + kBlock);
    int32_t part = 0;
    for (size_t i = at; i < end; ++i) {
      const int32_t d = static_cast<int32_t>(a[i]) - static_cast<int32_t>(b[i]);
      part += d * d;
    }
    sum += part;
  }
  return sum;
}

bool same_size(const Image& a, const Image& b) { return a.width == b.width && a.height == b.height && b.depth == 8; }

}  // namespace

Image mirrored(const Image& image) {
  Image out = make_image(image.width, image.height, 8);
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x)
      std::copy_n(image.u8.data() + (y * image.width + x) * Image::kChannels, Image::kChannels,
                  out.u8.data() + (y * image.width + image.width - 1 - x) * Image::kChannels);
  return out;
}

NearestSearch::NearestSearch(std::vector<Image> images, int64_t neighbours, bool mirror, bool keep_images)
    : images_(std::move(images)),
      kept_(keep_images ? images_.size() : 0),
      found_(images_.size()),
      neighbours_(static_cast<size_t>(neighbours)),
      mirror_(mirror) {
  for (const Image& image : images_)
    if (!same_size(images_[0], image)) throw std::logic_error("images of different sizes");
}

void NearestSearch::compare(size_t i, const std::vector<TrainingImage>& training,
                            const std::vector<Image>& turned_over) {
  Found& found = found_[i];
  std::vector<int64_t>& heap = found.squares;
  const auto& mine = images_[i].u8;
  for (size_t j = 0; j < training.size(); ++j) {
    const int64_t limit = heap.size() < neighbours_ ? INT64_MAX : heap.front();
    const int64_t plain = square_difference(mine, training[j].image.u8, limit);
    const int64_t turned = mirror_ ? square_difference(mine, turned_over[j].u8, limit) : INT64_MAX;
    const int64_t square = std::min(plain, turned);
    if (square >= limit || std::find(heap.begin(), heap.end(), square) != heap.end()) continue;
    if (heap.size() == neighbours_) {
      std::pop_heap(heap.begin(), heap.end());
      heap.pop_back();
    }
    heap.push_back(square);
    std::push_heap(heap.begin(), heap.end());
    if (square >= found.smallest) continue;
    found.smallest = square;
    found.nearest.key = training[j].key;
    found.nearest.mirrored = turned < plain;
    if (!kept_.empty()) kept_[i] = turned < plain ? turned_over[j] : training[j].image;
  }
}

void NearestSearch::add(const std::vector<TrainingImage>& training, Workers& workers) {
  std::vector<Image> turned;
  for (const TrainingImage& one : training) {
    if (!images_.empty() && !same_size(images_[0], one.image)) throw std::logic_error("images of different sizes");
    if (mirror_) turned.push_back(mirrored(one.image));
  }
  std::vector<std::future<void>> jobs;
  for (size_t i = 0; i < images_.size(); ++i)
    jobs.push_back(workers.submit([this, i, &training, &turned] { compare(i, training, turned); }));
  for (auto& job : jobs) job.get();
  seen_ += static_cast<int64_t>(training.size());
}

std::vector<Nearest> NearestSearch::nearest() const {
  std::vector<Nearest> all;
  for (const Found& found : found_) {
    const double samples = static_cast<double>(images_[0].u8.size());
    const auto distance = [&](int64_t square) { return std::sqrt(static_cast<double>(square) / samples); };
    Nearest one = found.nearest;
    one.distance = distance(found.smallest);
    std::vector<int64_t> squares = found.squares;
    std::sort(squares.begin(), squares.end());  // the sum does not depend on the order in which they came
    double sum = 0;
    for (const int64_t square : squares) sum += distance(square);
    one.ratio = sum > 0 ? one.distance * static_cast<double>(squares.size()) / sum : 0;
    all.push_back(one);
  }
  return all;
}

}  // namespace sr3
