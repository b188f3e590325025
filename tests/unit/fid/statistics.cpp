#include "fid/statistics.h"

#include <doctest/doctest.h>

#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "base/relative.h"
#include "fid/compare.h"
#include "format/npz.h"
#include "stream/scratch.h"
#include "tensor/aten.h"
#include "tensor/noise.h"

using namespace sr3;

namespace {

at::Tensor normals(int64_t n, int64_t d, uint64_t index) { return philox_noise({13, index}, 0, 1, n, d).squeeze(0); }

// As made by collect(), of rows first .. end-1 of x; the hashes are the rows' numbers in disorder.
Statistics part_of(const at::Tensor& x, const std::vector<int64_t>& rows, int64_t groups = 2) {
  Statistics s;
  s.signature = {"x.pt", "0123456789abcdef", false, "own", "own", 1, 0, 0, ""};
  s.pool.resize(static_cast<size_t>(groups));
  std::vector<int64_t> hashes;
  for (int64_t row : rows) {
    const int64_t hash = row * 7919 % 1009 - 500;
    hashes.insert(hashes.end(), {hash, row});
    s.pool[static_cast<size_t>(row % groups)].add(x.narrow(0, row, 1));
  }
  const at::Tensor index = at::tensor(rows, at::kLong);
  s.images = at::tensor(hashes, at::kLong).reshape({-1, 2});
  s.features = x.index_select(0, index);
  arrange(s);
  return s;
}

Statistics written(const Npz& file) {
  const samples::Folder scratch;
  write_npz(scratch.path + "x.npz", file);
  return read_statistics(scratch.path + "x.npz");
}

void refused(const Npz& file, const char* why) {
  CAPTURE(why);
  CHECK_THROWS_WITH_AS(written(file), doctest::Contains(why), DataError);
}

Npz replaced(Npz file, const std::string& name, const at::Tensor& by) {
  for (auto& [key, tensor] : file.arrays)
    if (key == name) tensor = by;
  return file;
}

}  // namespace

TEST_CASE("parts in any order give the same bytes, which survive a round trip") {
  const samples::Folder scratch;
  const at::Tensor x = normals(30, 4, 1);
  std::vector<int64_t> all;
  for (int64_t i = 0; i < 30; ++i) all.push_back(i);
  write_statistics(scratch.path + "whole.npz", part_of(x, all));
  for (const std::vector<int64_t>& cuts : {std::vector<int64_t>{0, 30}, {0, 1, 17, 30}, {0, 9, 9, 10, 29, 30}})
    for (bool backwards : {false, true}) {
      std::vector<Statistics> parts;
      for (size_t i = 0; i + 1 < cuts.size(); ++i)
        parts.push_back(part_of(x, {all.begin() + cuts[i], all.begin() + cuts[i + 1]}));
      if (backwards) std::reverse(parts.begin(), parts.end());
      Merger merger(false);
      for (size_t i = 0; i < parts.size(); ++i) {
        // Through a file, as parts are.
        const std::string path = scratch.path + std::to_string(i) + ".npz";
        write_statistics(path, parts[i]);
        merger.add(read_statistics(path), path);
      }
      write_statistics(scratch.path + "merged.npz", merger.finish());
      CHECK(read_text(scratch.path + "whole.npz") == read_text(scratch.path + "merged.npz"));
    }
  const Statistics back = read_statistics(scratch.path + "whole.npz");
  CHECK(back.count() == 30);
  CHECK(back.signature.json() == part_of(x, all).signature.json());
  // The arrays that other tools read.
  const Npz file = read_npz(scratch.path + "whole.npz");
  const at::Tensor rounded = rounded_features(x), centred = rounded - rounded.mean(0);
  CHECK(at::allclose(*file.find("mu"), rounded.mean(0), 1e-13, 1e-13));
  CHECK(at::allclose(*file.find("sigma"), at::matmul(centred.t(), centred) / 29, 1e-12, 1e-13));
}

TEST_CASE("overlapping and incompatible parts are refused, with the name of the field") {
  const at::Tensor x = normals(30, 4, 1);
  const auto refuses = [&](const Statistics& other, const char* why) {
    Merger merger(false);
    merger.add(part_of(x, {0, 1, 2, 3, 4}), "a");
    CHECK_THROWS_WITH(merger.add(other, "b"), doctest::Contains(why));
  };
  refuses(part_of(x, {9, 3, 7, 0}), "cannot merge 'b' with 'a': they have 2 images in common");
  refuses(part_of(normals(30, 5, 1), {9}), "they have features of 5 and of 4 dimensions");
  refuses(part_of(x, {9}, 3), "sums of 3 groups, the other of 2");
  Statistics other = part_of(x, {9});
  other.features = at::Tensor();
  refuses(other, "only one contains features");
  for (const auto& [field, change] : std::vector<std::pair<const char*, void (*)(Signature&)>>{
           {"differ in features: 'x.pt:99999999' and 'x.pt:01234567'", [](Signature& s) { s.sha256 = "9999999999"; }},
           {"differ in resize: 'tf1' and 'own'", [](Signature& s) { s.resize = "tf1"; }},
           {"differ in scale: '128' and 'own'", [](Signature& s) { s.scale = "128"; }},
           {"differ in ddof: '0' and '1'", [](Signature& s) { s.ddof = 0; }}}) {
    other = part_of(x, {9});
    change(other.signature);
    refuses(other, field);
    Merger forced(true);
    forced.add(part_of(x, {0}), "a");
    forced.add(other, "b");
    CHECK(forced.finish().count() == 2);
    CHECK_THROWS_WITH_AS(compare(other, part_of(x, {0, 1, 2}), {}), doctest::Contains(field), DataError);
  }
  Npz foreign{{{"mu", at::zeros({4}, at::kDouble)}, {"sigma", at::eye(4, at::kDouble)}}, {}};
  refuses(written(foreign), "without the sums");
}

TEST_CASE("statistics of other tools") {
  const at::Tensor x = normals(50, 6, 2), y = normals(60, 6, 3) * 1.5 + 0.25;
  const auto distance = [](const Statistics& a, const Statistics& b) { return compare(a, b, {}).measures[0]; };
  const auto moments = [](const at::Tensor& t, at::ScalarType type) {
    const at::Tensor c = t.to(at::kDouble) - t.to(at::kDouble).mean(0);
    return std::pair(t.to(at::kDouble).mean(0).to(type),
                     (at::matmul(c.t(), c) / static_cast<double>(t.size(0) - 1)).to(at::kDouble));
  };
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < 60; ++i) rows.push_back(i);
  const Statistics b = part_of(y, rows);
  const Measure from_features = distance(written({{{"feats", x}}, {}}), b);
  CHECK(from_features.name == "frechet_distance");
  for (at::ScalarType type : {at::kDouble, at::kFloat}) {  // pytorch-fid and EDM; clean-fid
    const auto [mu, sigma] = moments(x, type);
    const Statistics a = written({{{"mu", mu}, {"sigma", sigma}}, {}});
    CHECK(*distance(a, b).value == relative(*from_features.value, 1e-4 * (type == at::kFloat) + 1e-5));
    CHECK(signature_line(a.signature, b.signature).find("n:?/60") != std::string::npos);
    CHECK(!a.mergeable());
    CHECK(*distance(a, a).value < 1e-10);
  }
  const auto [mu, sigma] = moments(x, at::kDouble);
  CompareOptions spatial;
  spatial.sfid = true;
  const Statistics adm = written({{{"mu", mu},
                                   {"sigma", sigma},
                                   {"mu_s", mu + 1},
                                   {"sigma_s", sigma},
                                   {"arr_0", at::zeros({2, 2, 2, 3}, at::kByte)}},
                                  {}});
  const Statistics same = written({{{"mu", mu}, {"sigma", sigma}, {"mu_s", mu}, {"sigma_s", sigma}}, {}});
  CHECK(compare(adm, same, spatial).measures[1].name == "spatial_frechet_distance");
  CHECK(*compare(adm, same, spatial).measures[1].value == relative(6));
  CHECK(same.ddof() == 1);  // the default, if the file does not contain it
  // Our statistics of Inception against a file without a network's name: this is FID, because one of them has the name.
  Statistics inception = b;
  inception.signature.inception = true;
  CHECK(distance(inception, written({{{"mu", mu}, {"sigma", sigma}}, {}})).name == "fid");
  CHECK(distance(inception, b).name == "frechet_distance");

  refused({{{"mu", mu}}, {}}, "neither mu and sigma");
  refused({{{"mu", mu}, {"sigma", sigma.narrow(0, 0, 5)}}, {}}, "the same dimension");
  refused({{{"mu", mu}, {"sigma", at::triu(sigma)}}, {}}, "not symmetric");
  refused({{{"mu", mu * std::numeric_limits<double>::infinity()}, {"sigma", sigma}}, {}}, "not finite");
  refused({{{"mu", at::full({}, 1.0)}, {"sigma", sigma}}, {}}, "the same dimension");
  refused({{{"feats", at::zeros({5, 0})}}, {}}, "not a table of finite features");
  refused({{{"mu", mu}, {"sigma", sigma}, {"feats", x.narrow(1, 0, 5)}}, {}}, "different dimensions");
  // One dimension, as from numpy's mean and cov.
  const Statistics one = written({{{"mu", at::full({1}, 2.0)}, {"sigma", at::full({}, 4.0)}}, {}});
  CHECK(distance(one, written({{{"mu", at::full({1}, 5.0)}, {"sigma", at::full({1, 1}, 1.0)}}, {}})).value ==
        relative(10));
  refused({{{"feats", at::full({3, 3}, std::numeric_limits<double>::quiet_NaN())}}, {}}, "finite");
}

TEST_CASE("damaged statistics of ours are refused") {
  const samples::Folder scratch;
  write_statistics(scratch.path + "a.npz", part_of(normals(9, 3, 4), {0, 1, 2, 3, 4, 5}));
  const Npz good = read_npz(scratch.path + "a.npz");
  CHECK(written(good).count() == 6);
  refused(replaced(good, "count", at::tensor({3, 4}, at::kLong)), "numbers of images do not agree");
  refused(replaced(good, "count", at::tensor({6}, at::kLong)), "different numbers of groups");
  refused(replaced(good, "count", at::tensor({-1, 7}, at::kLong)), "the same dimension");
  refused(replaced(good, "sum", good.find("sum")->narrow(2, 0, 2)), "the same dimension");
  refused(replaced(good, "sum", good.find("sum")->to(at::kDouble)), "the wrong type or shape");
  refused(replaced(good, "outer", good.find("outer")->neg()), "out of range");
  refused(replaced(good, "images", good.find("images")->narrow(0, 0, 5)), "numbers of images do not agree");
  refused(replaced(good, "feats", good.find("feats")->narrow(0, 0, 5)), "5 rows for 6 images");
  refused(replaced(good, "feats", *good.find("feats") / 0), "not finite");
  Npz other = good;
  other.texts["signature"] = "{}";
  refused(other, "cannot read 'signature': missing key 'format'");
  other.texts["signature"] = "{\"format\":2}";
  refused(other, "newer");
  other.texts["signature"] = "no JSON";
  refused(other, "signature");
  std::string bytes = read_text(scratch.path + "a.npz");
  write_file(scratch.path + "cut.npz", bytes.substr(0, bytes.size() / 2));
  CHECK_THROWS_AS(read_statistics(scratch.path + "cut.npz"), DataError);
}

TEST_CASE("a part without images can be merged, but not compared") {
  Statistics none;
  none.signature = {"x.pt", "0123456789abcdef", false, "own", "own", 1, 0, 0, ""};
  none.pool.resize(2);
  none.images = at::empty({0, 2}, at::kLong);
  none.features = at::empty({0, 0});
  arrange(none);
  const samples::Folder scratch;
  write_statistics(scratch.path + "none.npz", none);
  const Statistics back = read_statistics(scratch.path + "none.npz");
  CHECK(back.count() == 0);
  const at::Tensor x = normals(9, 3, 4);
  CHECK_THROWS_WITH(compare(back, part_of(x, {0, 1}), {}), doctest::Contains("contains no images"));
  Merger merger(false);
  merger.add(back, "none");
  merger.add(part_of(x, {0, 1, 2}), "three");
  merger.add(back, "none again");
  const Statistics all = merger.finish();
  CHECK(all.count() == 3);
  CHECK(at::equal(all.features, part_of(x, {0, 1, 2}).features));
  CHECK((all.pool == part_of(x, {0, 1, 2}).pool));
  // Data that only an empty part keeps do not replace those that the other parts lack.
  Statistics plain = part_of(x, {0, 1, 2});
  plain.features = at::Tensor();
  Merger unlike(false);
  unlike.add(back, "none");
  unlike.add(plain, "three");
  write_statistics(scratch.path + "unlike.npz", unlike.finish());
  CHECK(read_statistics(scratch.path + "unlike.npz").count() == 3);
}

TEST_CASE("the Inception score in the order of the input, if that is known") {
  const at::Tensor x = normals(6, 3, 5);
  Statistics a = part_of(x, {0, 1, 2, 3, 4, 5});
  CompareOptions options;
  options.isc = options.in_order = true, options.splits = 3;
  // Two images of each class in the order of the input, which is not that of the rows.
  a.positions = at::tensor({14, 3, 9, 21, 4, 15}, at::kLong);
  a.probabilities = at::eye(3).index_select(0, at::tensor({1, 0, 1, 2, 0, 2}, at::kLong));
  CHECK(*compare(a, a, options).measures[1].value == relative(1));
  a.positions[1] = 4;
  const Comparison unknown = compare(a, a, options);
  CHECK_FALSE(unknown.measures[1].value);
  REQUIRE(unknown.failures.size() == 1);
  CHECK(unknown.failures[0].find("--profile adm takes") != std::string::npos);
  options.in_order = false;
  CHECK(*compare(a, a, options).measures[1].value > 1);
}
