#include "study/study.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/history.h"
#include "base/log.h"
#include "degrade/resize.h"
#include "format/digest.h"
#include "format/json.h"
#include "image/png.h"
#include "stream/join.h"
#include "study/plan.h"

namespace sr3 {
namespace {

constexpr const char* kDesign = "study.json";
constexpr const char* kTrials = "trials.jsonl";
constexpr const char* kDigests = "images.sha256";

// Enlarges an image by repeating pixels.
Image repeated(const Image& image, int64_t width, int64_t height) {
  Image out = make_image(width, height, image.depth);
  const auto fill = [&](const auto& from, auto& to) {
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        std::copy_n(from.begin() + (y * image.height / height * image.width + x * image.width / width) * 3, 3,
                    to.begin() + (y * width + x) * 3);
  };
  if (image.depth == 8)
    fill(image.u8, out.u8);
  else
    fill(image.u16, out.u16);
  return out;
}

// The bad version of an image for catch trials: each block of 8x8 pixels (fewer in small images) becomes one colour.
Image spoilt(const Image& image) {
  const int64_t factor = std::clamp<int64_t>(std::min(image.width, image.height) / 8, 2, 8);
  const auto part = [factor](int64_t side) { return std::max<int64_t>(1, side / factor); };
  const Image small = resize(image, part(image.width), part(image.height), Kernel::kBox, Convention::kFloat);
  return repeated(small, image.width, image.height);
}

// The encoding of all pictures: 8 bits, without text, and not compressed, so that the length of a file depends only on
// the size of the image and does not reveal how smooth it is.
Bytes encoded(const Image& image) {
  Image plain = with_depth(image, 8);
  plain.comment.clear();
  EncodeOptions options;
  options.png_level = 0;
  return encode_png(plain, options);
}

// The path of a picture in the study's folder. `what` is real, low, catch, or a model's number, counted from 1.
std::string picture_name(int64_t image, const std::string& what) {
  return cat("images/", cat(image + 1000000).substr(1), "-", what, ".png");
}

std::string picture_name(int64_t image, int64_t model) {
  return picture_name(image, model < 0 ? "real" : std::to_string(model + 1));
}

std::string_view text_of(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

class Pictures {
 public:
  Pictures(std::string folder, const StudyDesign& design) : folder_(std::move(folder)), design_(design) {
    // If making the study fails, everything that it created is removed again.
    if (!std::filesystem::exists(folder_))
      unfinished_ = folder_;
    else if (!std::filesystem::exists(folder_ + "/images"))
      unfinished_ = folder_ + "/images";
    make_folder(folder_ + "/images");
  }
  ~Pictures() {
    std::error_code ignored;
    if (!unfinished_.empty()) std::filesystem::remove_all(unfinished_, ignored);
  }
  void keep() { unfinished_.clear(); }

  // Writes the pictures of one image. `frames` are the real image, the models' versions, and with task 1 the
  // low-resolution image.
  void add(const std::vector<Frame>& frames, int64_t number) {
    const Image& real = frames[0].image;
    const size_t models = design_.models.size();
    for (size_t m = 1; m <= models; ++m) {
      const Image& image = frames[m].image;
      if (image.width != real.width || image.height != real.height)
        throw DataError(cat("cannot pair '", frames[0].origin, "' with '", frames[m].origin, "': ", real.width, "x",
                            real.height, " and ", image.width, "x", image.height));
      same_ += image.u8 == real.u8 && image.u16 == real.u16;
      unlike_ += frames[m].lossy != frames[0].lossy;
      write(number, std::to_string(m), image);
    }
    write(number, "real", real);
    write(number, "catch", spoilt(real));
    if (frames.size() <= models + 1) return;
    const Frame& low = frames.back();
    const auto refuse = [&](const auto&... why) {
      throw DataError(
          cat("cannot show '", low.origin, "' between the others: it is ", why..., " '", frames[0].origin, "'"));
    };
    if (low.image.width > real.width || low.image.height > real.height) refuse("larger than");
    if (low.image.width == real.width && low.image.height == real.height) refuse("as large as");
    // Aspect ratios may differ by the rounding of one side to whole pixels.
    const double height =
        static_cast<double>(real.height) * static_cast<double>(low.image.width) / static_cast<double>(real.width);
    const double width =
        static_cast<double>(real.width) * static_cast<double>(low.image.height) / static_cast<double>(real.height);
    if (std::abs(static_cast<double>(low.image.height) - height) > 1 &&
        std::abs(static_cast<double>(low.image.width) - width) > 1)
      refuse(low.image.width, "x", low.image.height, ", which does not have the aspect ratio of");
    write(number, "low",
          design_.low_res_zoom == "nearest"
              ? repeated(low.image, real.width, real.height)
              : resize(low.image, real.width, real.height, Kernel::kBicubic, Convention::kFloat));
  }

  void warn_of_unlike() const {
    if (same_ > 0) warn(cat(same_, " images of models have exactly the pixels of the real ones"));
    if (unlike_ > 0)
      warn(cat("in ", unlike_, " pairs only one file is a JPEG: raters may judge the compression, not the model"));
  }
  const std::string& digests() const { return digests_; }

 private:
  void write(int64_t number, const std::string& what, const Image& image) {
    const Bytes bytes = encoded(image);
    const std::string name = picture_name(number, what);
    digests_ += cat(sha256_bytes(text_of(bytes)), "  ", name, "\n");
    write_file(cat(folder_, "/", name), text_of(bytes));
  }

  std::string folder_;
  const StudyDesign& design_;
  std::string digests_;
  std::string unfinished_;
  int64_t same_ = 0, unlike_ = 0;
};

std::vector<std::string> names_of(const PlanInputs& inputs) {
  std::vector<std::string> names = inputs.names;
  if (names.empty())
    for (std::string operand : inputs.models) {
      while (operand.size() > 1 && operand.ends_with('/')) operand.pop_back();
      names.push_back(std::filesystem::is_directory(operand) ? base_name(operand) : stem_of(operand));
    }
  if (names.size() != inputs.models.size())
    throw UsageError(cat("option '--name': ", names.size(), " names for ", inputs.models.size(), " models"));
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty() || names[i] == "-" || names[i] == "." || names[i] == "..")
      throw UsageError(cat("model ", i + 1, " has no name: give each model a name with --name"));
    if (!is_plain_text(names[i]))
      throw UsageError(cat("the name of model ", i + 1,
                           " is not UTF-8 or has control characters: give each model a name with --name"));
    if (std::find(names.begin(), names.begin() + static_cast<ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<ptrdiff_t>(i))
      throw UsageError(cat("two models are named '", names[i], "': give each model a name with --name"));
  }
  return names;
}

std::string id_of(StudyDesign design, const std::string& trials, const std::string& digests) {
  design.id.clear();
  return sha256_bytes(cat(design_json(design).dump(), "\n", trials, digests)).substr(0, 16);
}

// The seed of the plan. It depends on the images too: with the design's seed alone, which is 0 by default, anybody could
// reproduce the key.
uint64_t seed_of(const StudyDesign& design, const std::string& digests) {
  return std::stoull(sha256_bytes(cat(design.seed, "\n", digests)).substr(0, 16), nullptr, 16);
}

// Parses images.sha256, which has the format of sha256sum(1), into digests by file name.
std::map<std::string, std::string> parse_digests(const std::string& text, const std::string& path) {
  std::map<std::string, std::string> digests;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end - at < 67 || text.compare(at + 64, 2, "  ") != 0)
      throw DataError(cat("cannot read '", path, "': this is not a line of sha256sum: ", text.substr(at, end - at)));
    digests[text.substr(at + 66, end - at - 66)] = text.substr(at, 64);
    at = end + 1;
  }
  return digests;
}

}  // namespace

void Study::refuse_own_file(const std::string& path) const {
  namespace fs = std::filesystem;
  std::error_code none;
  const fs::path own = fs::weakly_canonical(folder_, none), file = fs::weakly_canonical(path, none);
  const fs::path inside = file.lexically_relative(own);
  if (inside.empty() || *inside.begin() == "..") return;
  const std::string first = inside.begin()->string();
  for (const std::string_view kept : {kDesign, kTrials, kDigests, "answers", "images"})
    if (first == kept) throw UsageError(cat("-o: '", path, "' belongs to the study; name a file elsewhere"));
}

StudyDesign make_study(const PlanInputs& inputs, StudyDesign design, const std::string& folder, int* status) {
  design.models = names_of(inputs);
  if (std::filesystem::exists(folder) && !std::filesystem::is_directory(folder))
    throw UsageError(cat("cannot write the study '", folder, "': it is a file, not a folder"));
  if (design.catches == -1) design.catches = (design.trials + 5) / 10;
  design.validate();
  if (design.catches > 0 && design.rules.max_catch_misses >= design.catches)
    warn(cat("a rater who misses all catch trials will not be excluded: there are ", design.catches,
             " (--catches), and --max-catch-misses is ", design.rules.max_catch_misses));
  if (std::filesystem::exists(cat(folder, "/", kDesign)))
    throw UsageError(cat("'", folder, "' contains a study already: give another folder, or remove it"));
  std::vector<std::string> operands = {inputs.real};
  operands.insert(operands.end(), inputs.models.begin(), inputs.models.end());
  if (inputs.low_res) operands.push_back(*inputs.low_res);
  for (const std::string& operand : operands)
    if (std::error_code none; std::filesystem::equivalent(operand, folder, none))
      throw UsageError(cat("-o: '", folder, "' is also an input, and the study's pictures would be among its images; ",
                           "name another folder"));
  Join join(operands, inputs.reader);
  if (join.expected()) check_images(design, *join.expected());  // if the number is known, before the work
  Pictures pictures(folder, design);
  while (auto frames = join.next()) {
    pictures.add(*frames, static_cast<int64_t>(design.images.size()));
    design.images.push_back((*frames)[0].key);
  }
  if (design.images.empty()) throw DataError("cannot make a study: there are no images");
  pictures.warn_of_unlike();
  const std::string trials = trials_text(design, plan_trials(design, seed_of(design, pictures.digests())));
  design.id = id_of(design, trials, pictures.digests());
  nlohmann::ordered_json json = design_json(design);
  if (inputs.history) {
    const HistoryEntry run = this_run();
    json["history"] = {
        {{"program", run.program}, {"version", run.version}, {"arguments", run.arguments}, {"time", run.time}}};
  }
  write_file(cat(folder, "/", kDigests), pictures.digests());
  write_file(cat(folder, "/", kTrials), trials);
  write_file(cat(folder, "/", kDesign), readable_json(json));
  pictures.keep();
  *status = join.status();
  return design;
}

Study::Study(const std::string& folder) : folder_(folder) {
  while (folder_.size() > 1 && folder_.ends_with('/')) folder_.pop_back();
  const std::string design = cat(folder_, "/", kDesign), trials = cat(folder_, "/", kTrials),
                    digests = cat(folder_, "/", kDigests);
  if (!std::filesystem::exists(design))
    throw Error(cat("'", folder, "' is not a study: it has no ", kDesign, " (confusion-eval plan makes a study)"));
  design_ = parse_design(JsonObject::parse(read_text(design), design, 5));
  const std::string lines = read_text(trials, uint64_t{1} << 32), sums = read_text(digests);
  plans_ = parse_trials(lines, design_, trials);
  digests_ = parse_digests(sums, digests);
  if (id_of(design_, lines, sums) != design_.id)
    throw DataError(cat("'", folder_, "' is no longer the study ", design_.id, ": ", kDesign, ", ", kTrials, " or ",
                        kDigests, " has changed since plan made it; answers to one plan cannot be scored by another"));
}

std::string Study::image_path(int64_t image, int64_t model) const {
  return cat(folder_, "/", picture_name(image, model));
}

Bytes Study::image_bytes(int64_t image, int64_t model) const { return checked(picture_name(image, model)); }

Bytes Study::checked(const std::string& name) const {
  const std::string path = cat(folder_, "/", name);
  Bytes bytes = read_file(path);
  const auto known = digests_.find(name);
  if (known == digests_.end() || sha256_bytes(text_of(bytes)) != known->second)
    throw DataError(cat("'", path, "' is not the image that plan wrote: its digest is not that in ", kDigests));
  return bytes;
}

std::vector<std::string> Study::places(int64_t task) {
  return task == 1 ? std::vector<std::string>{"left", "middle", "right"} : std::vector<std::string>{"left", "right"};
}

Bytes Study::picture(const PlannedTrial& trial, const std::string& place) const {
  if (place == "middle") return checked(picture_name(trial.image, "low"));
  const bool real = (place == "left") == trial.real_left || trial.kind == TrialKind::kControl;
  if (!real && trial.kind == TrialKind::kCatch) return checked(picture_name(trial.image, "catch"));
  return image_bytes(trial.image, real ? -1 : trial.model);
}

}  // namespace sr3
