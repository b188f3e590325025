// Reads a random recipe from its JSON: the one place that defines its keys, words and ranges.
#include <algorithm>
#include <cmath>
#include <optional>

#include "base/closest_word.h"
#include "base/error.h"
#include "base/options.h"
#include "degrade/located_json.h"
#include "degrade/random_recipe.h"

namespace sr3 {
namespace {

using Type = LocatedJson::Type;
using Words = std::vector<std::string>;

constexpr int kMaxDepth = 16;        // of the JSON
constexpr int64_t kMaxSteps = 1000;  // that a recipe may make of one image
constexpr int64_t kMaxWindow = 255;  // of a blur
constexpr double kMaxSigma = 1000;   // in pixels

const Words kCommonKeys = {"do", "weight", "probability"};
// The keys of each operation, in the order in which they are written.
const std::vector<std::pair<std::string, Words>> kOperationKeys = {
    {"blur", {"kernel", "size", "sigma", "anisotropic", "beta", "cutoff"}},
    {"sharpen", {"amount", "sigma", "threshold"}},
    {"resize", {"to", "factor", "kernel", "convention"}},
    {"noise", {"kind", "sigma", "scale", "grey"}},
    {"jpeg", {"quality", "subsampling"}},
    {"all", {"repeat", "operations"}},
    {"shuffle", {"repeat", "operations"}},
    {"one", {"repeat", "operations"}},
};

const Words& keys_of(const std::string& operation) {
  return std::find_if(kOperationKeys.begin(), kOperationKeys.end(),
                      [&](const auto& known) { return known.first == operation; })
      ->second;
}

std::string joined(const Words& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

// Where messages say that a value is.
struct Place {
  std::string prefix, path;  // path: of the value in the document, or empty to name lines
  Place item(size_t i) const { return {prefix, path.empty() ? "" : cat(path, "[", i, "]")}; }
  Place below(const std::string& key) const { return {prefix, path.empty() ? "" : cat(path, ".", key)}; }
  DataError error(const LocatedJson& at, const std::string& what) const {
    return DataError(cat(prefix, path.empty() ? cat("line ", at.line) : cat("'", path, "'"), ": ", what));
  }
};

class OperationReader {
 public:
  OperationReader(const LocatedJson& node, Place place, bool in_one) : node_(node), place_(std::move(place)) {
    if (node.type != Type::kObject)
      throw error(node, "an operation is an object, such as {\"do\": \"blur\", \"sigma\": 2}");
    Words names;
    for (const auto& [name, keys] : kOperationKeys) names.push_back(name);
    if (!node.find("do")) throw error(node, cat("the key 'do' is missing: one of ", joined(names)));
    name_ = word("do", names, "");
    allowed_ = kCommonKeys;
    allowed_.insert(allowed_.end(), keys_of(name_).begin(), keys_of(name_).end());
    if (!in_one) std::erase(allowed_, "weight");
    refuse_unknown();
  }

  Operation read() {
    Operation operation;
    operation.probability = number("probability", within(0, 1), 1);
    operation.weight = number("weight", above(0), 1);
    if (name_ == "blur") operation.what = blur();
    if (name_ == "sharpen") operation.what = sharpen();
    if (name_ == "resize") operation.what = resize();
    if (name_ == "noise") operation.what = noise();
    if (name_ == "jpeg") operation.what = jpeg();
    if (name_ == "all") operation.what = group(GroupOperation::Kind::kAll);
    if (name_ == "shuffle") operation.what = group(GroupOperation::Kind::kShuffle);
    if (name_ == "one") operation.what = group(GroupOperation::Kind::kOne);
    return operation;
  }

 private:
  DataError error(const LocatedJson& at, const std::string& what) const { return place_.error(at, what); }

  void refuse_unknown() const {
    for (size_t i = 0; i < node_.keys.size(); ++i) {
      const std::string& key = node_.keys[i];
      if (std::find(allowed_.begin(), allowed_.end(), key) != allowed_.end()) continue;
      if (key == "weight") throw error(node_.items[i], "'weight' is for the operations of 'one'");
      throw error(node_.items[i], cat("unknown key '", key, "' of '", name_, "'", did_you_mean(allowed_, key)));
    }
  }

  // Refuses keys that would have no effect.
  void refuse_useless(const Words& keys, const std::string& why) const {
    for (const std::string& key : keys)
      if (const LocatedJson* at = node_.find(key)) throw error(*at, cat("'", key, "' has no effect with ", why));
  }

  std::string checked_word(const LocatedJson& at, const std::string& key, const Words& words) const {
    if (at.type != Type::kString) throw error(at, cat("'", key, "' is not a word: one of ", joined(words)));
    if (std::find(words.begin(), words.end(), at.text) == words.end())
      throw error(at, cat("'", key, "' is '", at.text, "', not one of ", joined(words), did_you_mean(words, at.text)));
    return at.text;
  }

  std::string word(const std::string& key, const Words& words, const std::string& otherwise) const {
    const LocatedJson* at = node_.find(key);
    return at ? checked_word(*at, key, words) : otherwise;
  }

  // A word, or a list of words of which one is drawn.
  Words some_words(const std::string& key, const Words& words, const std::string& otherwise) const {
    const LocatedJson* at = node_.find(key);
    if (!at) return {otherwise};
    if (at->type != Type::kList) return {checked_word(*at, key, words)};
    if (at->items.empty()) throw error(*at, cat("'", key, "' is an empty list"));
    Words out;
    for (const LocatedJson& item : at->items) out.push_back(checked_word(item, key, words));
    return out;
  }

  bool flag(const std::string& key) const {
    const LocatedJson* at = node_.find(key);
    if (at && at->type != Type::kBoolean) throw error(*at, cat("'", key, "' is not true or false"));
    return at && at->boolean;
  }

  double checked_number(const LocatedJson& at, const std::string& key, const Range& range) const {
    if (at.type != Type::kNumber)
      throw error(at, cat("'", key, "' is not a number, [low, high] or [[low, high], ...]"));
    if (!range.holds(at.number))
      throw error(at, cat("'", key, "' is ", number_text(at.number), ", not in the range ", range.text()));
    return at.number;
  }

  double number(const std::string& key, const Range& range, double otherwise) const {
    const LocatedJson* at = node_.find(key);
    if (at && at->type != Type::kNumber) throw error(*at, cat("'", key, "' is not a number"));
    return at ? checked_number(*at, key, range) : otherwise;
  }

  RandomNumber::Interval interval(const LocatedJson& at, const std::string& key, const Range& range) const {
    if (at.type != Type::kList) {
      const double value = checked_number(at, key, range);
      return {value, value};
    }
    if (at.items.size() != 2) throw error(at, cat("'", key, "' is a list of ", at.items.size(), ", not [low, high]"));
    const RandomNumber::Interval out{checked_number(at.items[0], key, range), checked_number(at.items[1], key, range)};
    if (out.low > out.high)
      throw error(at, cat("'", key, "' goes from ", number_text(out.low), " down to ", number_text(out.high)));
    return out;
  }

  RandomNumber random(const std::string& key, const Range& range, std::optional<double> otherwise = {}) const {
    const LocatedJson* at = node_.find(key);
    if (!at && !otherwise) throw error(node_, cat("'", name_, "' needs the key '", key, "'"));
    if (!at) return {{{*otherwise, *otherwise}}};
    const auto is_list = [](const LocatedJson& item) { return item.type == Type::kList; };
    if (!is_list(*at) || std::none_of(at->items.begin(), at->items.end(), is_list))
      return {{interval(*at, key, range)}};
    RandomNumber out;
    for (const LocatedJson& item : at->items) out.intervals.push_back(interval(item, key, range));
    return out;
  }

  // Whole numbers only: every step-th from the range's lower limit on.
  RandomNumber whole(const std::string& key, const Range& range, std::optional<double> otherwise = {},
                     int64_t step = 1) const {
    const RandomNumber out = random(key, range, otherwise);
    for (const auto& [low, high] : out.intervals)
      for (const double limit : {low, high})
        if (std::fmod(limit - range.low, static_cast<double>(step)) != 0)
          throw error(*node_.find(key),
                      cat("'", key, "' is ", number_text(limit), ", not an ", step == 2 ? "odd number" : "integer"));
    return out;
  }

  BlurOperation blur() const {
    BlurOperation out;
    const Words shapes(std::begin(kBlurShapes), std::end(kBlurShapes));
    const std::string shape = word("kernel", shapes, "gaussian");
    out.shape = static_cast<BlurShape>(std::find(shapes.begin(), shapes.end(), shape) - shapes.begin());
    out.size = whole("size", within(1, kMaxWindow), 21, /*step=*/2);
    const std::string with = cat("the kernel '", shape, "'");
    if (out.shape == BlurShape::kSinc) {
      refuse_useless({"sigma", "anisotropic", "beta"}, with);
      out.cutoff = random("cutoff", {.low = 0, .high = 3.1416, .low_open = true});
      return out;
    }
    refuse_useless({"cutoff"}, with);
    out.sigma = random("sigma", {.low = 0, .high = kMaxSigma, .low_open = true});
    out.anisotropic = flag("anisotropic");
    if (out.shape == BlurShape::kGaussian)
      refuse_useless({"beta"}, with);
    else
      out.beta = random("beta", {.low = 0, .high = 100, .low_open = true});
    return out;
  }

  SharpenOperation sharpen() const {
    return {random("amount", within(0, 100), 0.5), random("sigma", {.low = 0, .high = 100, .low_open = true}, 8),
            random("threshold", within(0, 255), 10)};
  }

  ResizeOperation resize() const {
    ResizeOperation out;
    out.to_result = word("to", {"current", "result"}, "current") == "result";
    out.factor = random("factor", {.low = 0, .high = 16, .low_open = true}, 1);
    const std::string convention =
        word("convention", {"float", "pillow", "pillow12", "matlab", "interpolate"}, "float");
    if (convention != "interpolate") out.convention = convention_named(convention);
    for (const std::string& kernel : some_words("kernel", {"box", "bilinear", "bicubic", "lanczos"}, "bicubic")) {
      if (kernel == "lanczos" && !out.convention)
        throw error(*node_.find("kernel"), "the convention 'interpolate' has no kernel 'lanczos'");
      out.kernels.push_back(kernel_named(kernel));
    }
    return out;
  }

  NoiseOperation noise() const {
    NoiseOperation out;
    out.poisson = word("kind", {"gaussian", "poisson"}, "gaussian") == "poisson";
    refuse_useless({out.poisson ? "sigma" : "scale"}, cat("the kind '", out.poisson ? "poisson" : "gaussian", "'"));
    out.strength = random(out.poisson ? "scale" : "sigma", within(0, 255));
    out.grey = number("grey", within(0, 1), 0);
    return out;
  }

  JpegOperation jpeg() const {
    JpegOperation out;
    out.quality = whole("quality", within(1, 100));
    for (const std::string& chroma : some_words("subsampling", {"4:2:0", "4:4:4"}, "4:2:0"))
      out.full_chroma.push_back(chroma == "4:4:4");
    return out;
  }

  GroupOperation group(GroupOperation::Kind kind) const;

  const LocatedJson& node_;
  Place place_;
  std::string name_;
  Words allowed_;
};

std::vector<Operation> read_operations(const LocatedJson& list, const Place& place, bool in_one) {
  std::vector<Operation> out;
  for (size_t i = 0; i < list.items.size(); ++i)
    out.push_back(OperationReader(list.items[i], place.item(i), in_one).read());
  return out;
}

GroupOperation OperationReader::group(GroupOperation::Kind kind) const {
  GroupOperation out{.kind = kind};
  const LocatedJson* list = node_.find("operations");
  if (!list || list->type != Type::kList || list->items.empty())
    throw error(list ? *list : node_,
                cat("'", name_, "' needs the key 'operations': a list of at least one operation"));
  if (const LocatedJson* at = node_.find("repeat")) {
    const double times = number("repeat", within(1, 10), 1);
    if (times != std::floor(times)) throw error(*at, "'repeat' is not an integer");
    out.repeat = static_cast<int64_t>(times);
  }
  out.operations = read_operations(*list, place_.below("operations"), kind == GroupOperation::Kind::kOne);
  return out;
}

// The most steps that an operation makes.
int64_t most_steps(const std::vector<Operation>& operations) {
  int64_t sum = 0;
  for (const Operation& operation : operations) {
    const auto* group = std::get_if<GroupOperation>(&operation.what);
    sum = std::min(sum + (group ? group->repeat * most_steps(group->operations) : 1), kMaxSteps + 1);
  }
  return sum;
}

// Whether an image certainly has the result's size after the operation, if it has or has not had it before.
bool at_result(const Operation& operation, bool before) {
  const auto after = [&] {
    if (const auto* resize = std::get_if<ResizeOperation>(&operation.what))
      return resize->factor.is(1) && (resize->to_result || before);
    const auto* group = std::get_if<GroupOperation>(&operation.what);
    if (!group) return before;
    const auto& all = group->operations;
    const auto keep = [&](bool now) { return [now](const Operation& one) { return at_result(one, now); }; };
    switch (group->kind) {
      case GroupOperation::Kind::kOne:
        return std::all_of(all.begin(), all.end(), keep(before));
      case GroupOperation::Kind::kShuffle:
        return std::all_of(all.begin(), all.end(), keep(true)) &&
               (before || std::any_of(all.begin(), all.end(), keep(false)));
      case GroupOperation::Kind::kAll:
        break;
    }
    bool now = before;
    for (const Operation& one : all) now = at_result(one, now);
    return now;
  };
  return operation.probability == 0 ? before : after() && (operation.probability == 1 || before);
}

// An operation on a line, its keys in their order; the operations of a group below it, indented.
std::string operation_text(const LocatedJson& node, const std::string& indent);

std::string list_text(const LocatedJson& list, const std::string& indent) {
  std::string text;
  for (const LocatedJson& item : list.items)
    text += cat(text.empty() ? "" : ",", "\n", indent, "  ", operation_text(item, indent + "  "));
  return "[" + text + "\n" + indent + "]";
}

std::string operation_text(const LocatedJson& node, const std::string& indent) {
  Words order = kCommonKeys;
  const Words& own = keys_of(node.find("do")->text);
  order.insert(order.end(), own.begin(), own.end());
  std::string text;
  for (const std::string& key : order)
    if (const LocatedJson* value = node.find(key))
      text += cat(text.empty() ? "" : ", ", "\"", key,
                  "\": ", key == "operations" ? list_text(*value, indent) : json_line(*value));
  return "{" + text + "}";
}

}  // namespace

RandomRecipe RandomRecipe::parse(std::string_view text, const std::string& prefix, const std::string& path) {
  const LocatedJson document = parse_located_json(text, prefix, kMaxDepth);
  const Place place{prefix, path};
  if (document.type != Type::kList || document.items.empty())
    throw place.error(document, "a recipe is a list of operations, such as [{\"do\": \"resize\", \"to\": \"result\"}]");
  RandomRecipe recipe;
  recipe.operations_ = read_operations(document, place, /*in_one=*/false);
  if (most_steps(recipe.operations_) > kMaxSteps)
    throw place.error(document, cat("the recipe can make more than ", kMaxSteps, " steps"));
  bool at_end = false;
  for (const Operation& operation : recipe.operations_) at_end = at_result(operation, at_end);
  if (!at_end)
    throw place.error(document.items.back(),
                      "the recipe does not always end at the result's size: it needs {\"do\": \"resize\", \"to\": "
                      "\"result\"}, and no other resize after it");
  recipe.text_ = list_text(document, "") + "\n";
  return recipe;
}

std::vector<std::string> recipe_keys() {
  Words names = kCommonKeys;
  for (const auto& [operation, keys] : kOperationKeys)
    for (const std::string& key : keys) names.push_back(cat(operation, ".", key));
  return names;
}

}  // namespace sr3
