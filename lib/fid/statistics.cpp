#include "fid/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <stdexcept>

#include "base/error.h"
#include "base/log.h"
#include "format/npz.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

Moments total_of(const std::vector<Moments>& groups) {
  Moments total;
  for (const Moments& group : groups) total.merge(group);
  return total;
}

// The order of the rows: by the hash of the pixels, then by that of the key.
std::vector<int64_t> order_of(const at::Tensor& images) {
  const auto* hash = images.data_ptr<int64_t>();
  std::vector<int64_t> order(static_cast<size_t>(images.size(0)));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [hash](int64_t a, int64_t b) {
    return std::pair(hash[2 * a], hash[2 * a + 1]) < std::pair(hash[2 * b], hash[2 * b + 1]);
  });
  return order;
}

// The rows of all parts that have any, concatenated. If no part has any, those of the part `first`, the first with
// images: they tell whether such rows are kept, since a part without images may be made with other options.
at::Tensor joined(const std::vector<Statistics>& parts, size_t first, at::Tensor Statistics::*rows) {
  std::vector<at::Tensor> list;
  for (const Statistics& part : parts)
    if ((part.*rows).defined() && (part.*rows).size(0) > 0) list.push_back(part.*rows);
  if (!list.empty()) return at::cat(list);
  return parts[first].*rows;
}

// The number of images that parts a and b have in common; the rows of both are in order.
int64_t overlap(const Statistics& a, const Statistics& b) {
  const int64_t n = a.images.size(0), m = b.images.size(0);
  const auto *x = a.images.data_ptr<int64_t>(), *y = b.images.data_ptr<int64_t>();
  int64_t common = 0;
  for (int64_t i = 0, j = 0; i < n && j < m;) {
    const std::pair left(x[2 * i], x[2 * i + 1]), right(y[2 * j], y[2 * j + 1]);
    common += left == right;
    if (left <= right) ++i;
    if (right <= left) ++j;
  }
  return common;
}

}  // namespace

int64_t Statistics::count() const {
  if (!mergeable()) return signature.images;
  int64_t n = 0;
  for (const Moments& group : pool) n += group.count();
  return n;
}

int64_t Statistics::dimension() const {
  if (given) return given->mean.size(0);
  for (const Moments& group : pool)
    if (group.dimension() > 0) return group.dimension();
  return 0;
}

Gaussian Statistics::gaussian(int64_t ddof) const {
  if (given) return *given;
  if (ddof < 0) ddof = this->ddof();
  Gaussian gaussian = gaussian_of(total_of(pool), ddof);
  if (features.defined() && features.size(0) <= features.size(1))
    gaussian.centred =
        (rounded_features(features) - gaussian.mean) / std::sqrt(static_cast<double>(features.size(0) - ddof));
  return gaussian;
}

std::optional<Gaussian> Statistics::spatial_gaussian(int64_t ddof) const {
  if (given_spatial || spatial.empty()) return given_spatial;
  return gaussian_of(total_of(spatial), ddof < 0 ? this->ddof() : ddof);
}

void arrange(Statistics& s) {
  const at::Tensor order = at::tensor(order_of(s.images), at::kLong);
  for (at::Tensor* rows : {&s.images, &s.features, &s.probabilities, &s.positions})
    if (rows->defined() && rows->size(0) > 0) *rows = rows->index_select(0, order).contiguous();
  uint64_t set = 0;
  const auto* hash = s.images.data_ptr<int64_t>();
  for (int64_t i = 0; i < s.images.size(0); ++i) set += static_cast<uint64_t>(hash[2 * i]);
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(set));
  s.signature.set = digits;
  s.signature.images = s.images.size(0);
}

void Merger::check(const Statistics& part, const std::string& name) const {
  if (!part.mergeable())
    throw Error(
        cat("cannot merge '", name, "': it contains a mean and a covariance without the sums that merging needs"));
  if (parts_.empty()) return;
  const Statistics& other = parts_[first_];
  const auto unlike = [&](const std::string& what) {
    return DataError(cat("cannot merge '", name, "' with '", names_[first_], "': ", what));
  };
  const std::string field = difference(other.signature, part.signature);
  if (!field.empty()) {
    const std::string values = values_of(field, part.signature, other.signature);
    if (!force_) throw unlike(cat("they differ in ", field, ": ", values, " (--force merges them anyway)"));
    warn(cat("'", name, "' and '", names_[first_], "' differ in ", field, ": ", values));
  }
  if (part.pool.size() != all_.pool.size())
    throw unlike(cat("one has sums of ", part.pool.size(), " groups, the other of ", all_.pool.size()));
  if (part.spatial.size() != all_.spatial.size()) throw unlike("only one contains spatial features (--sfid)");
  if (part.count() > 0 && all_.count() > 0) {
    if (part.features.defined() != other.features.defined())
      throw unlike("only one contains features (--keep-features)");
    if (part.probabilities.defined() != other.probabilities.defined())
      throw unlike("only one contains probabilities (--isc)");
    if (part.dimension() != all_.dimension())
      throw unlike(cat("they have features of ", part.dimension(), " and of ", all_.dimension(), " dimensions"));
  }
  for (size_t i = 0; i < parts_.size(); ++i)
    if (const int64_t common = overlap(parts_[i], part))
      throw DataError(cat("cannot merge '", name, "' with '", names_[i], "': they have ", common,
                          common == 1 ? " image in common" : " images in common"));
}

void Merger::add(Statistics part, const std::string& name) {
  check(part, name);
  if (parts_.empty()) {
    all_.pool.resize(part.pool.size());
    all_.spatial.resize(part.spatial.size());
    all_.signature.lossy = 0;
  }
  if (all_.count() == 0) first_ = parts_.size();
  all_.signature.lossy += std::max<int64_t>(part.signature.lossy, 0);
  for (size_t g = 0; g < part.pool.size(); ++g) all_.pool[g].merge(part.pool[g]);
  for (size_t g = 0; g < part.spatial.size(); ++g) all_.spatial[g].merge(part.spatial[g]);
  part.pool.clear();
  part.spatial.clear();
  parts_.push_back(std::move(part));
  names_.push_back(name);
}

Statistics Merger::finish() {
  if (parts_.empty()) throw std::logic_error("Merger: finish() without a part");
  Statistics all = std::move(all_);
  const int64_t lossy = all.signature.lossy;
  all.signature = parts_[first_].signature;
  all.signature.lossy = lossy;
  for (auto rows : {&Statistics::images, &Statistics::features, &Statistics::probabilities, &Statistics::positions})
    all.*rows = joined(parts_, first_, rows);
  arrange(all);
  return all;
}

namespace {

void put(Npz& file, const std::vector<Moments>& groups, const std::string& suffix, int64_t ddof) {
  const Moments total = total_of(groups);
  if (total.count() > 0) file.arrays.emplace_back("mu" + suffix, total.mean());
  if (total.count() > ddof) file.arrays.emplace_back("sigma" + suffix, total.covariance(ddof));
  std::vector<int64_t> counts;
  std::vector<at::Tensor> sums, outers;
  for (Moments group : groups) {
    counts.push_back(group.count());
    if (group.count() == 0 && total.count() > 0) {  // zeros in the dimension of the other groups
      group = total;
      group.remove(total);
    }
    sums.push_back(group.packed_sum());
    outers.push_back(group.packed_outer());
  }
  file.arrays.emplace_back("count" + suffix, at::tensor(counts, at::kLong));
  file.arrays.emplace_back("sum" + suffix, at::stack(sums));
  file.arrays.emplace_back("outer" + suffix, at::stack(outers));
}

at::Tensor need(const Npz& file, const std::string& name, at::ScalarType type, int64_t dimensions) {
  const at::Tensor* array = file.find(name);
  if (!array) throw DataError(cat("array '", name, "' is missing"));
  if (array->scalar_type() != type || array->dim() != dimensions)
    throw DataError(cat("array '", name, "' has the wrong type or shape"));
  return *array;
}

std::vector<Moments> get(const Npz& file, const std::string& suffix) {
  const at::Tensor counts = need(file, "count" + suffix, at::kLong, 1);
  const at::Tensor sums = need(file, "sum" + suffix, at::kLong, 3);
  const at::Tensor outers = need(file, "outer" + suffix, at::kLong, 3);
  if (counts.size(0) < 1 || sums.size(0) != counts.size(0) || outers.size(0) != counts.size(0))
    throw DataError("its sums have different numbers of groups");
  std::vector<Moments> groups;
  for (int64_t g = 0; g < counts.size(0); ++g)
    groups.push_back(Moments::unpack(counts[g].item<int64_t>(), sums[g], outers[g]));
  return groups;
}

// An optional array with one row for each image; its values must be finite.
at::Tensor kept(const Npz& file, const std::string& name, at::ScalarType type, int64_t dimensions, int64_t rows) {
  if (!file.has(name)) return {};
  const at::Tensor& array = need(file, name, type, dimensions);
  if (array.size(0) != rows)
    throw DataError(cat("array '", name, "' has ", array.size(0), " rows for ", rows, " images"));
  if (type == at::kFloat && !at::isfinite(array).all().item<bool>())
    throw DataError(cat("array '", name, "' contains values that are not finite"));
  return array;
}

Statistics ours(const Npz& file) {
  Statistics s;
  s.signature = Signature::from_json(file.texts.at("signature"));
  s.pool = get(file, "");
  if (file.has("sum_s")) s.spatial = get(file, "_s");
  s.images = need(file, "images", at::kLong, 2);
  const int64_t n = s.count();
  if (s.images.size(1) != 2 || s.images.size(0) != n || s.signature.images != n ||
      (!s.spatial.empty() && total_of(s.spatial).count() != n))
    throw DataError("its numbers of images do not agree");
  s.features = kept(file, "feats", at::kFloat, 2, n);
  s.probabilities = kept(file, "probs", at::kFloat, 2, n);
  s.positions = kept(file, "positions", at::kLong, 1, n);
  if (s.features.defined() && n > 0 && s.features.size(1) != s.dimension())
    throw DataError("its features and sums have different dimensions");
  return s;
}

std::optional<Gaussian> gaussian_in(const Npz& file, const std::string& suffix) {
  const at::Tensor *mu = file.find("mu" + suffix), *sigma = file.find("sigma" + suffix);
  if (!mu || !sigma) return std::nullopt;
  // For one-dimensional features, numpy's cov() returns a scalar.
  const bool number = mu->numel() == 1 && sigma->numel() == 1;
  Gaussian gaussian{mu->to(at::kDouble), sigma->to(at::kDouble), 0, {}};
  gaussian.mean = number ? gaussian.mean.reshape({1}) : gaussian.mean.squeeze();
  if (number) gaussian.covariance = gaussian.covariance.reshape({1, 1});
  check_gaussian(gaussian);
  return gaussian;
}

// Statistics of other tools: mu and sigma (pytorch-fid, clean-fid, EDM), mu_s and sigma_s too (guided-diffusion), or
// feats (clean-fid, for KID).
Statistics others(const Npz& file) {
  for (const char* name : {"mu", "sigma", "mu_s", "sigma_s", "feats"})
    if (const auto found = file.unread.find(name); found != file.unread.end())
      throw DataError(cat("array '", name, "' is of type '", found->second,
                          "', which is not supported; store it as little-endian float64"));
  Statistics s;
  s.given = gaussian_in(file, "");
  s.given_spatial = gaussian_in(file, "_s");
  if (const at::Tensor* features = file.find("feats")) {
    if (features->dim() != 2 || features->numel() == 0 || !at::isfinite(features->to(at::kDouble)).all().item<bool>())
      throw DataError("array 'feats' is not a table of finite features");
    s.features = features->to(at::kFloat);
    s.signature.images = s.features.size(0);
    if (!s.given) {
      Moments moments;
      moments.add(s.features);
      s.given = gaussian_of(moments, s.signature.ddof = 1);
    }
    if (s.given->mean.size(0) != s.features.size(1)) throw DataError("its feats and mu have different dimensions");
  }
  if (!s.given) throw DataError("it contains neither mu and sigma, nor feats, nor images (arr_0)");
  return s;
}

}  // namespace

void write_statistics(const std::string& path, const Statistics& s) {
  if (!s.mergeable()) throw std::logic_error("write_statistics: statistics of another tool");
  Npz file;
  file.texts["signature"] = s.signature.json();
  put(file, s.pool, "", s.signature.ddof);
  if (!s.spatial.empty()) put(file, s.spatial, "_s", s.signature.ddof);
  file.arrays.emplace_back("images", s.images);
  for (const auto& [name, rows] :
       {std::pair("feats", &s.features), {"probs", &s.probabilities}, {"positions", &s.positions}})
    if (rows->defined()) file.arrays.emplace_back(name, *rows);
  write_npz(path, file);
}

bool has_moments(const std::string& path) {
  NpzReader reader(path);
  int found = 0;
  while (const auto entry = reader.next()) found += entry->name == "mu" || entry->name == "sigma";
  return found == 2;
}

Statistics read_statistics(const std::string& path) {
  const Npz file = read_npz(path, {"arr_0", "arr_1"});
  try {
    return file.texts.contains("signature") ? ours(file) : others(file);
  } catch (const DataError& error) {
    throw DataError(cat("cannot read '", path, "': ", error.what()));
  }
}

}  // namespace sr3
