#include "train/preview.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "image/codec.h"
#include "image/plot.h"
#include "image/sheet.h"
#include "tensor/aten.h"
#include "tensor/convert.h"
#include "train/example_sampler.h"
#include "train/journal.h"

namespace sr3 {

namespace {

// The number of the first preview example, far beyond the examples of any training.
constexpr int64_t kFirstExample = int64_t{1} << 40;
void write_png(const std::string& path, const Image& image) {
  const Bytes bytes = encode(image, Format::kPng, {});
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Enlarges (3,s,s) to side x side pixels: each pixel becomes a square.
Image enlarged(const at::Tensor& small, int64_t side) {
  const int64_t times = side / small.size(2);
  return to_image(small.repeat_interleave(times, 1).repeat_interleave(times, 2));
}

// Small examples are hard to judge, so cells are enlarged to about 256 pixels.
int64_t cell_scale(int64_t side) { return std::max<int64_t>(1, 256 / side); }

}  // namespace

void check_preview(int64_t images, int64_t side, bool conditional) {
  const double cell = static_cast<double>(side * cell_scale(side) + SheetOptions{}.gap);
  const double columns = conditional ? 4 : 2;
  if (columns * cell * cell * static_cast<double>(images) > static_cast<double>(kMaxSheetPixels) * 0.99)
    throw UsageError(
        cat("--preview-images ", images, ": a sheet of so many would have more than ", kMaxSheetPixels, " pixels"));
}

Preview::Preview(const StageManifest& manifest, Loader& loader, int64_t images, uint64_t seed, at::Device device,
                 at::ScalarType compute)
    : manifest_(manifest),
      batch_(loader.next(kFirstExample, images)),
      seed_(seed),
      device_(device),
      compute_(compute) {}

at::Tensor Preview::results(const NamedTensors& weights) const {
  return ExampleSampler(manifest_, weights, device_, compute_)(batch_, seed_);
}

void Preview::draw(const NamedTensors& weights, const std::string& path) const {
  const at::Tensor made = results(weights);
  std::vector<Image> cells;
  for (int64_t i = 0; i < made.size(0); ++i) {
    if (batch_.low_res.defined()) {
      cells.push_back(enlarged(batch_.low_res[i], made.size(3)));
      cells.push_back(to_image(batch_.condition[i].clamp(-1, 1)));
    }
    cells.push_back(to_image(made[i]));
    cells.push_back(to_image(batch_.high_res[i]));
  }
  SheetOptions sheet;
  sheet.titles = {"result", "truth"};
  if (batch_.low_res.defined()) sheet.titles.insert(sheet.titles.begin(), {"low-res", "bicubic"});
  sheet.columns = static_cast<int64_t>(sheet.titles.size());
  sheet.scale = cell_scale(made.size(3));
  write_png(path, contact_sheet(cells, sheet));
}

void draw_loss_curve(const std::string& journal, const std::string& path) {
  PlotLine raw, smooth;
  for (const JournalLine& line : read_journal(journal)) {
    raw.x.push_back(static_cast<double>(line.step));
    raw.y.push_back(line.loss);
  }
  if (raw.x.empty()) return;
  // A single mean stands for all steps before it, as a horizontal line.
  if (raw.x.size() == 1) raw.x.insert(raw.x.begin(), 0), raw.y.push_back(raw.y.front());
  smooth.x = raw.x;
  constexpr size_t kWindow = 20;
  smooth.y = moving_average(raw.y, kWindow);
  raw.name = "journal lines";
  smooth.name = cat("mean of the last ", kWindow);
  raw.faint = true;
  PlotOptions options;
  options.title = "training loss";
  options.x_label = "step";
  options.log_y = true;
  std::vector<PlotLine> lines = {raw, smooth};
  PlotLine validation;
  validation.name = "validation";
  for (const ValidationLine& line : read_validations(journal)) {
    validation.x.push_back(static_cast<double>(line.step));
    validation.y.push_back(line.loss);
  }
  if (!validation.x.empty()) lines.push_back(validation);
  write_png(path, plot(lines, options));
}

}  // namespace sr3
