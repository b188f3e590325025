#include "format/npz.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/file.h"
#include "stream/scratch.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

std::string scratch(const std::string& name) {
  static const samples::Folder folder;
  return folder.path + name;
}

// numpy.savez_compressed(mu=[1.5, -2, 3e-300], sigma=asfortranarray(float32 [[1, 2, 3], [4, 5, 6]]),
// name=bytes_(b'abc')), by numpy 2.
constexpr const char* kNumpy =
    "504b03042d0000000800000021007b1d11c0ffffffffffffffff060014006d752e6e70790100100098000000000000005500000000000000"
    "9bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a1aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f9"
    "1ac63a9a3a0ab50a14002e0630f8610fa1190e346fb3ba345de8002300504b03042d000000080000002100b267dd23ffffffffffffffff09"
    "0014007369676d612e6e707901001000980000000000000057000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366"
    "a2aea3a09e965f54529498179f5f94920a120f292a4d050a17672416a402b91a463a0ac69a3a0ab50ae4032e0686067b207660606000e205"
    "40ec00c4071c00504b03042d0000000800000021002f1499adffffffffffffffff080014006e616d652e6e70790100100083000000000000"
    "0045000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a05e136cacaea3a09e965f54529498179f5f94920a12774bcc294e"
    "058a17672416a402f91a9a3a0ab50a1401aec4a46400504b01022d032d0000000800000021007b1d11c05500000098000000060000000000"
    "0000000000008001000000006d752e6e7079504b01022d032d000000080000002100b267dd23570000009800000009000000000000000000"
    "000080018d0000007369676d612e6e7079504b01022d032d0000000800000021002f1499ad45000000830000000800000000000000000000"
    "0080011f0100006e616d652e6e7079504b05060000000003000300a10000009e0100000000";

std::string numpys() {
  std::string bytes;
  for (const char* at = kNumpy; *at; at += 2) bytes += static_cast<char>(std::stoi(std::string(at, 2), nullptr, 16));
  return bytes;
}

std::string file_of(const std::string& bytes) {
  const std::string path = scratch("bytes.npz");
  write_file(path, bytes);
  return path;
}

// Replaces the first `from` within a stored file of one array.
std::string changed(const std::string& from, const std::string& to) {
  const std::string path = scratch("changed.npz");
  write_npz(path, {{{"mu", at::arange(6, at::kDouble).reshape({2, 3})}}, {}});
  std::string bytes = read_text(path);
  const size_t at = bytes.find(from);
  REQUIRE(at != std::string::npos);
  REQUIRE(from.size() == to.size());
  return bytes.replace(at, from.size(), to);
}

void refused(const std::string& bytes, const char* why) {
  CAPTURE(why);
  CHECK_THROWS_WITH_AS(read_npz(file_of(bytes)), doctest::Contains(why), DataError);
}

}  // namespace

TEST_CASE("a file that NumPy compressed is read: types, Fortran order, byte strings") {
  const Npz file = read_npz(file_of(numpys()));
  REQUIRE(file.arrays.size() == 2);
  CHECK(at::equal(*file.find("mu"), at::tensor({1.5, -2.0, 3e-300}, at::kDouble)));
  CHECK(at::equal(*file.find("sigma"), at::tensor({1, 2, 3, 4, 5, 6}).reshape({2, 3}).to(at::kFloat)));
  CHECK(file.find("sigma")->is_contiguous());
  CHECK(file.texts.at("name") == "abc");
  CHECK(read_npz(file_of(numpys()), {"sigma"}).arrays.size() == 1);
}

TEST_CASE("arrays of every type survive a round trip; the same content gives the same bytes") {
  const std::string path = scratch("round.npz"), again = scratch("again.npz");
  Npz file;
  for (at::ScalarType type :
       {at::kDouble, at::kFloat, at::kHalf, at::kLong, at::kInt, at::kShort, at::kChar, at::kByte, at::kBool})
    file.arrays.emplace_back(at::toString(type), at::arange(12).reshape({3, 2, 2}).to(type).transpose(0, 2));
  file.arrays.emplace_back("scalar", at::full({}, 7.5, at::kDouble));
  file.arrays.emplace_back("none", at::empty({0, 5}));
  file.arrays.emplace_back("row", at::arange(3));
  file.texts = {{"signature", "a text"}, {"empty", ""}};
  write_npz(path, file);
  const Npz back = read_npz(path);
  REQUIRE(back.arrays.size() == file.arrays.size());
  CHECK(back.texts == file.texts);
  for (const auto& [name, tensor] : file.arrays) {
    CAPTURE(name);
    REQUIRE(back.has(name));
    CHECK((back.find(name)->scalar_type() == tensor.scalar_type()));
    CHECK(at::equal(*back.find(name), tensor));
  }
  write_npz(again, file);
  CHECK(read_text(path) == read_text(again));
}

TEST_CASE("data are read in pieces, and the rest of an array is skipped") {
  const std::string path = scratch("pieces.npz");
  write_npz(path, {{{"a", at::arange(1000)}, {"b", at::arange(10)}}, {}});
  NpzReader reader(path);
  auto entry = reader.next();
  REQUIRE(entry);
  CHECK(entry->name == "a");
  CHECK(entry->bytes == 8000);
  int64_t two[2];
  reader.read(two, 16);
  reader.read(two, 16);
  CHECK(two[1] == 3);
  entry = reader.next();
  REQUIRE(entry);
  CHECK(entry->name == "b");
  CHECK(at::equal(reader.read_array(), at::arange(10)));
  CHECK_THROWS_AS(reader.read(two, 1), DataError);
  CHECK(!reader.next());
}

TEST_CASE("malicious and damaged files are errors, without allocating memory") {
  refused(numpys().substr(0, 200), "cannot read '");
  refused("no zip at all", "cannot read '");
  refused("", "cannot read '");
  refused(changed("NUMPY", "NUMPI"), "not NumPy's format");
  refused(changed(std::string("NUMPY\x01", 6), std::string("NUMPY\x09", 6)), "version 9");
  refused(changed("(2, 3)", "(2, 4)"), "cannot read '");  // truncated, or a wrong checksum, depending on libarchive
  refused(changed("(2, 3)", "(2, 2)"), "more data than its shape takes");
  refused(changed("(2, 3), }      ", "(99999999999), "), "header");
  refused(changed("(2, 3), }          ", "(999999999999,), } "), "in a file of");
  refused(changed("(2, 3), }             ", "(99999999999999999,)} "), "too large");
  refused(changed("(2, 3)", "(2,-3)"), "not a tuple of sizes");
  refused(changed("'shape'", "'shade'"), "unknown key 'shade'");
  refused(changed("False", "Maybe"), "not a Python literal");
  refused(changed("'descr': '<f8'", "'descr': ['f8'"), "structured");
  std::string flipped = changed("NUMPY", "NUMPY");
  flipped[flipped.find("NUMPY") + 130] ^= 1;  // a bit of the data, which the checksum detects
  refused(flipped, "cannot read '");
  // For the archive library a wrong checksum is only a warning, which it returns instead of a number of bytes.
  for (const size_t member : {0u, 1u, 2u}) {
    std::string wrong = numpys();
    size_t local = wrong.find("PK\3\4"), central = wrong.find("PK\1\2");
    for (size_t i = 0; i < member; ++i)
      local = wrong.find("PK\3\4", local + 1), central = wrong.find("PK\1\2", central + 1);
    wrong[local + 14] ^= 1, wrong[central + 16] ^= 1;
    refused(wrong, "ZIP bad CRC");
  }
  refused(numpys().substr(0, 300), "the directory at its end is missing: the file is truncated");
  CHECK_THROWS_WITH_AS(read_npz("missing.npz"), doctest::Contains("cannot open 'missing.npz'"), Error);
  // Arrays of other types are skipped, and an error if they are requested.
  const std::string path = file_of(changed("<f8", ">f8"));
  NpzReader reader(path);
  REQUIRE(reader.next());
  CHECK_THROWS_WITH_AS(reader.read_array(), doctest::Contains("its type is '>f8'"), DataError);
  CHECK(read_npz(file_of(changed("<f8", "|O8"))).arrays.empty());
}

TEST_CASE("a full disk is an error") {
  CHECK_THROWS_AS(write_npz("/dev/full/x.npz", {{{"mu", at::arange(6)}}, {}}), Error);
}
