#include "format/safetensors.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

// A file in memory that may have fewer bytes than its header claims.
class Memory : public Source {
 public:
  explicit Memory(std::string bytes) : bytes_(std::move(bytes)) {}
  size_t read(uint8_t* to, size_t n) override {
    const size_t got = std::min(n, bytes_.size() - at_);
    std::memcpy(to, bytes_.data() + at_, got);
    at_ += got;
    return got;
  }
  const std::string& name() const override { return name_; }

 private:
  std::string bytes_, name_ = "m";
  size_t at_ = 0;
};

std::string framed(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const uint64_t n = header.size();
  std::memcpy(bytes.data(), &n, 8);
  return bytes + header + data;
}

TensorFile parse(const std::string& bytes) {
  Memory memory(bytes);
  return read_safetensors(memory, bytes.size());
}

void refused(const std::string& bytes, const char* why) {
  CAPTURE(why);
  CHECK_THROWS_WITH_AS(parse(bytes), doctest::Contains(why), DataError);
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

}  // namespace

TEST_CASE("tensors of every type survive a round trip, in order, whatever their layout") {
  const samples::Folder folder;
  const std::string path = folder / "round.safetensors";
  const at::Tensor base = at::arange(-12, 12, at::kFloat).reshape({2, 3, 2, 2}) / 8;
  TensorFile file;
  for (at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble, at::kLong, at::kInt, at::kShort,
                              at::kChar, at::kByte, at::kBool})
    file.tensors.emplace_back(at::toString(type), (base * 8).abs().to(type));
  file.tensors.emplace_back("a channels_last", base.contiguous(at::MemoryFormat::ChannelsLast));
  file.tensors.emplace_back("transposed", base.transpose(0, 3));
  file.tensors.emplace_back("scalar \"quoted\"", at::full({}, 7.5));
  file.tensors.emplace_back("none", at::empty({0, 5}));
  file.metadata = {{"format", "pt"}, {"made by", "a test \xc3\xa9"}};
  write_safetensors(path, file);
  const TensorFile back = read_safetensors(path);
  CHECK(back.metadata == file.metadata);
  REQUIRE(back.tensors.size() == file.tensors.size());
  for (size_t i = 0; i < file.tensors.size(); ++i) {
    CAPTURE(file.tensors[i].first);
    CHECK(back.tensors[i].first == file.tensors[i].first);
    CHECK((back.tensors[i].second.scalar_type() == file.tensors[i].second.scalar_type()));
    CHECK(back.tensors[i].second.is_contiguous());
    CHECK(at::equal(back.tensors[i].second, file.tensors[i].second));
  }
  const std::string first = read_text(path);
  write_safetensors(path, file);
  CHECK(read_text(path) == first);
}

TEST_CASE("the bytes are those of the format") {
  const samples::Folder folder;
  const std::string path = folder / "bytes.safetensors";
  write_safetensors(path, {{{"w", at::tensor({1.0f, -2.0f})}, {"b", at::tensor({3}, at::kByte)}}, {}});
  const std::string header =
      "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
      "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]}}";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  CHECK(read_text(path) == framed(padded, std::string("\0\0\x80\x3f\0\0\0\xc0\x03", 9)));
}

TEST_CASE("duplicate names, and types that the format lacks, are not written") {
  const samples::Folder folder;
  const std::string path = folder / "bad.safetensors";
  CHECK_THROWS_AS(write_safetensors(path, {{{"w", at::zeros({1})}, {"w", at::zeros({1})}}, {}}), Error);
  CHECK_THROWS_AS(write_safetensors(path, {{{"__metadata__", at::zeros({1})}}, {}}), Error);
  CHECK_THROWS_AS(write_safetensors(path, {{{"c", at::zeros({1}, at::kComplexFloat)}}, {}}), Error);
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("the order of the header is free, that of the data is not") {
  const auto file =
      parse(framed("{" + entry("b", "U8", "[2]", "[1,3]") + "," + entry("a", "U8", "[]", "[0,1]") + "}  ", "\1\2\3"));
  REQUIRE(file.tensors.size() == 2);
  CHECK(file.tensors[0].first == "a");
  CHECK(file.tensors[0].second.item<int>() == 1);
  CHECK(at::equal(file.tensors[1].second, at::tensor({2, 3}, at::kByte)));
  CHECK(parse(framed("{}", "")).tensors.empty());
}

TEST_CASE("damaged and malicious files are refused, with the reason") {
  refused("", "truncated at byte 0");
  refused("1234567", "truncated at byte 7");
  refused(std::string(8, '\xff') + "{}", "not a safetensors file");              // header length 2^64 - 1
  refused(framed("{}", "").replace(0, 1, "\x03"), "not a safetensors file");     // beyond the file by one
  refused(std::string("\0\xe1\xf5\5\0\0\0\0{}", 10), "not a safetensors file");  // 100,000,000 bytes announced
  refused(framed("", ""), "no JSON object");
  refused(framed("[]", ""), "no JSON object");
  refused(framed("{\"a\"", ""), "not valid JSON at line 1, column 5");
  refused(framed("{}x", ""), "not valid JSON");
  refused(framed("{\"\xff\":1}", ""), "not valid JSON");
  refused(framed("{\"a\":" + std::string(1000000, '['), ""), "nested deeper than 3");
  refused(framed("{" + entry("w", "U8", "[1]", "[0,1]") + "," + entry("w", "U8", "[1]", "[0,1]") + "}", "1"),
          "'w' appears twice");
  refused(framed("{\"w\":5}", ""), "'w' is not an object");
  refused(framed("{\"w\":{\"dtype\":\"U8\",\"shape\":[1]}}", "1"), "missing key 'w.data_offsets'");
  refused(framed("{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":0}}", "1"), "unknown key 'w.x'");
  refused(framed("{" + entry("w", "F8_E4M3", "[1]", "[0,1]") + "}", "1"), "unknown dtype 'F8_E4M3'");
  refused(framed("{\"w\":{\"dtype\":3,\"shape\":[1],\"data_offsets\":[0,1]}}", "1"), "'w.dtype' is not a string");
  refused(framed("{" + entry("w", "U8", "[-1]", "[0,1]") + "}", "1"), "'w.shape[0]' is not an integer of 0 or more");
  refused(framed("{" + entry("w", "U8", "[1.0]", "[0,1]") + "}", "1"), "'w.shape[0]' is not an integer of 0 or more");
  refused(framed("{" + entry("w", "U8", "{}", "[0,1]") + "}", "1"), "'w.shape' is not a list");
  refused(framed("{" + entry("w", "U8", "[1]", "[0]") + "}", "1"), "not two byte positions");
  refused(framed("{" + entry("w", "U8", "[1]", "[-1,0]") + "}", "1"),
          "'w.data_offsets[0]' is not an integer of 0 or more");
  refused(framed("{" + entry("w", "U8", "[1]", "[0,1e400]") + "}", "1"), "out of range");
  refused(framed("{" + entry("w", "U8", "[1]", "[1,0]") + "}", "1"), "ends before it begins");
  refused(framed("{" + entry("w", "F32", "[2]", "[0,4]") + "}", "1234"), "takes 8 bytes by its shape, but 4");
  refused(framed("{" + entry("w", "F32", "[1]", "[0,4]") + "}", "123"), "its tensors take 4 bytes, but 3 follow");
  refused(framed("{" + entry("w", "F32", "[1]", "[0,4]") + "}", "12345"), "its tensors take 4 bytes, but 5 follow");
  refused(framed("{" + entry("w", "U8", "[1]", "[1,2]") + "}", "12"), "leaves a gap");
  refused(framed("{" + entry("a", "U8", "[2]", "[0,2]") + "," + entry("b", "U8", "[2]", "[1,3]") + "}", "123"),
          "overlaps");
  refused(framed("{" + entry("w", "BOOL", "[2]", "[0,2]") + "}", "\1\2"), "neither 0 nor 1");
  // Products of sizes that overflow 64 bits, and terabytes that the file does not contain.
  refused(framed("{" + entry("w", "U8", "[4294967296,4294967296]", "[0,0]") + "}", ""), "is too large");
  refused(framed("{" + entry("w", "F32", "[0,281474976710656,281474976710656]", "[0,0]") + "}", ""), "is too large");
  refused(framed("{" + entry("w", "U8", "[18446744073709551615]", "[0,18446744073709551615]") + "}", ""),
          "is too large");
  refused(framed("{" + entry("w", "U8", "[1099511627776]", "[0,1099511627776]") + "}", "1"), "but 1 follow");
  refused(framed("{\"__metadata__\":[]}", ""), "'__metadata__' is not an object");
  refused(framed("{\"__metadata__\":{\"a\":1}}", ""), "'__metadata__.a' is not a string");
}

TEST_CASE("a file that shrinks while it is read is an error, and does not hang") {
  Memory memory(framed("{" + entry("w", "U8", "[4]", "[0,4]") + "}", "12"));
  CHECK_THROWS_WITH_AS(read_safetensors(memory, framed("{" + entry("w", "U8", "[4]", "[0,4]") + "}", "1234").size()),
                       doctest::Contains("truncated at byte"), DataError);
}

TEST_CASE("errors for a missing file and for a folder contain the path") {
  CHECK_THROWS_WITH_AS(read_safetensors("/nonexistent/w.safetensors"), doctest::Contains("cannot open '/nonexistent/"),
                       Error);
  CHECK_THROWS_AS(read_safetensors("/tmp"), Error);
}

TEST_CASE("a header of many tensors takes a time that is linear in their number, and one over 16 MiB is refused") {
  std::string header = "{";
  for (int i = 0; i < 150000; ++i) header += cat(i ? "," : "", entry(std::to_string(i), "U8", "[0]", "[0,0]"));
  header += "}";
  REQUIRE(header.size() < size_t{16} << 20);
  Memory memory(framed(header, ""));
  const auto begin = std::chrono::steady_clock::now();
  CHECK(read_safetensors_header(memory, 8 + header.size()).entries.size() == 150000);
  // Quadratic it would be minutes.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  refused(framed("{" + std::string(size_t{16} << 20, ' ') + "}", ""), "its header of 16777218 bytes is over 16 MiB");
}
