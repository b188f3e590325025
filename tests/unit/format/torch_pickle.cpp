#include "format/torch_pickle.h"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "format/pickle.h"
#include "format/torch_files.h"
#include "stream/scratch.h"
#include "tensor/aten.h"

using namespace sr3;
using namespace torch_files;

namespace {

// Written by torch 1.13's torch.save, both ways:
//   OrderedDict(w=tensor([[0.5, -2], [1024, 65504]], dtype=half), b=tensor([3, -0.25], dtype=bfloat16), i=tensor(7))
constexpr const char* kLegacyFile =
    "gAKKCmz8nEb5IGqoUBkugAJN6QMugAJ9cQAoWBAAAABwcm90b2NvbF92ZXJzaW9ucQFN6QNYDQAAAGxpdHRsZV9lbmRpYW5xAohY"
    "CgAAAHR5cGVfc2l6ZXNxA31xBChYBQAAAHNob3J0cQVLAlgDAAAAaW50cQZLBFgEAAAAbG9uZ3EHSwR1dS6AAmNjb2xsZWN0aW9u"
    "cwpPcmRlcmVkRGljdApxAClScQEoWAEAAAB3cQJjdG9yY2guX3V0aWxzCl9yZWJ1aWxkX3RlbnNvcl92MgpxAygoWAcAAABzdG9y"
    "YWdlcQRjdG9yY2gKSGFsZlN0b3JhZ2UKcQVYCQAAADgxODM3MDM2OHEGWAMAAABjcHVxB0sETnRxCFFLAEsCSwKGcQlLAksBhnEK"
    "iWgAKVJxC3RxDFJxDVgBAAAAYnEOaAMoKGgEY3RvcmNoCkJGbG9hdDE2U3RvcmFnZQpxD1gJAAAAODgxNzkwMDAwcRBoB0sCTnRx"
    "EVFLAEsChXESSwGFcROJaAApUnEUdHEVUnEWWAEAAABpcRdoAygoaARjdG9yY2gKTG9uZ1N0b3JhZ2UKcRhYCQAAADgxOTAwNjI3"
    "MnEZaAdLAU50cRpRSwApKYloAClScRt0cRxScR11LoACXXEAKFgJAAAAODE4MzcwMzY4cQFYCQAAADgxOTAwNjI3MnECWAkAAAA4"
    "ODE3OTAwMDBxA2UuBAAAAAAAAAAAOADAAGT/ewEAAAAAAAAABwAAAAAAAAACAAAAAAAAAEBAgL4=";

constexpr const char* kZipFile =
    "UEsDBAAACAgAAAAAAAAAAAAAAAAAAAAAAAAQABIAZ29sZGVuMS9kYXRhLnBrbEZCDgBaWlpaWlpaWlpaWlpaWoACY2NvbGxlY3Rp"
    "b25zCk9yZGVyZWREaWN0CnEAKVJxAShYAQAAAHdxAmN0b3JjaC5fdXRpbHMKX3JlYnVpbGRfdGVuc29yX3YyCnEDKChYBwAAAHN0"
    "b3JhZ2VxBGN0b3JjaApIYWxmU3RvcmFnZQpxBVgBAAAAMHEGWAMAAABjcHVxB0sEdHEIUUsASwJLAoZxCUsCSwGGcQqJaAApUnEL"
    "dHEMUnENWAEAAABicQ5oAygoaARjdG9yY2gKQkZsb2F0MTZTdG9yYWdlCnEPWAEAAAAxcRBoB0sCdHERUUsASwKFcRJLAYVxE4lo"
    "AClScRR0cRVScRZYAQAAAGlxF2gDKChoBGN0b3JjaApMb25nU3RvcmFnZQpxGFgBAAAAMnEZaAdLAXRxGlFLACkpiWgAKVJxG3Rx"
    "HFJxHXUuUEsHCCamXeQ9AQAAPQEAAFBLAwQAAAgIAAAAAAAAAAAAAAAAAAAAAAAADgAHAGdvbGRlbjEvZGF0YS8wRkIDAFpaWgA4"
    "AMAAZP97UEsHCL3qlgwIAAAACAAAAFBLAwQAAAgIAAAAAAAAAAAAAAAAAAAAAAAADgA8AGdvbGRlbjEvZGF0YS8xRkI4AFpaWlpa"
    "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaQECAvlBLBwghDJDdBAAAAAQAAABQSwME"
    "AAAICAAAAAAAAAAAAAAAAAAAAAAAAA4AQABnb2xkZW4xL2RhdGEvMkZCPABaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa"
    "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWloHAAAAAAAAAFBLBwhw1udvCAAAAAgAAABQSwMEAAAICAAAAAAAAAAAAAAAAAAA"
    "AAAAAA8AOwBnb2xkZW4xL3ZlcnNpb25GQjcAWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa"
    "WlpaWlpaWjMKUEsHCNGeZ1UCAAAAAgAAAFBLAQIAAAAACAgAAAAAAAAmpl3kPQEAAD0BAAAQAAAAAAAAAAAAAAAAAAAAAABnb2xk"
    "ZW4xL2RhdGEucGtsUEsBAgAAAAAICAAAAAAAAL3qlgwIAAAACAAAAA4AAAAAAAAAAAAAAAAAjQEAAGdvbGRlbjEvZGF0YS8wUEsB"
    "AgAAAAAICAAAAAAAACEMkN0EAAAABAAAAA4AAAAAAAAAAAAAAAAA2AEAAGdvbGRlbjEvZGF0YS8xUEsBAgAAAAAICAAAAAAAAHDW"
    "528IAAAACAAAAA4AAAAAAAAAAAAAAAAAVAIAAGdvbGRlbjEvZGF0YS8yUEsBAgAAAAAICAAAAAAAANGeZ1UCAAAAAgAAAA8AAAAA"
    "AAAAAAAAAAAA2AIAAGdvbGRlbjEvdmVyc2lvblBLBgYsAAAAAAAAAB4DLQAAAAAAAAAAAAUAAAAAAAAABQAAAAAAAAAvAQAAAAAA"
    "AFIDAAAAAAAAUEsGBwAAAACBBAAAAAAAAAEAAABQSwUGAAAAAAUABQAvAQAAUgMAAAAA";

std::string from_base64(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<uint32_t>(digits.find(c));
    if ((held += 6) >= 8) bytes += static_cast<char>(bits >> (held -= 8) & 255);
  }
  return bytes;
}

TensorFile parse(const std::string& bytes) {
  return read_torch({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "m");
}

void refused(const std::string& bytes, const char* why) {
  CAPTURE(why);
  CHECK_THROWS_WITH_AS(parse(bytes), doctest::Contains(why), DataError);
}

// Both containers of an object whose storage "0" contains these floats (empty: no storage).
void refused_both(const std::string& object, const std::vector<float>& data, const char* why) {
  std::vector<Stored> stored;
  if (!data.empty()) stored.push_back({"0", static_cast<int64_t>(data.size()), floats(data)});
  refused(legacy(object, stored), why);
  refused(zip(object, stored), why);
}

std::string matrix() { return dict({{"w", tensor(storage("FloatStorage", "0", 6), 0, {2, 3}, {3, 1})}}); }

}  // namespace

TEST_CASE("weights that Python saved, in both containers") {
  for (const char* golden : {kLegacyFile, kZipFile}) {
    const TensorFile file = parse(from_base64(golden));
    REQUIRE(file.tensors.size() == 3);
    CHECK(file.tensors[0].first == "w");
    CHECK(
        at::equal(file.tensors[0].second, at::tensor({0.5f, -2.0f, 1024.0f, 65504.0f}).reshape({2, 2}).to(at::kHalf)));
    CHECK(file.tensors[1].first == "b");
    CHECK(at::equal(file.tensors[1].second, at::tensor({3.0f, -0.25f}).to(at::kBFloat16)));
    CHECK(file.tensors[2].first == "i");
    CHECK(file.tensors[2].second.dim() == 0);
    CHECK((file.tensors[2].second.scalar_type() == at::kLong));
    CHECK(file.tensors[2].second.item<int64_t>() == 7);
  }
}

TEST_CASE("a file is recognised by its content") {
  const samples::Folder scratch;
  const auto kind = [&](const std::string& bytes) {
    write_file(scratch.path + "x", bytes);
    return torch_container(scratch.path + "x");
  };
  CHECK((kind(from_base64(kLegacyFile)) == TorchContainer::kLegacy));
  CHECK((kind(from_base64(kZipFile)) == TorchContainer::kZip));
  CHECK((kind(zipped({{"n/data.pkl", "x"}, {"n/constants.pkl", "x"}})) == TorchContainer::kScript));
  CHECK((kind(zipped({{"a.txt", "x"}})) == TorchContainer::kNone));
  CHECK((kind("text") == TorchContainer::kNone));
  CHECK((kind("") == TorchContainer::kNone));
  CHECK_THROWS_AS(torch_container(scratch.path + "none"), Error);
  write_file(scratch.path + "w.pth", from_base64(kZipFile));
  CHECK(read_torch(scratch.path + "w.pth").tensors.size() == 3);
  write_file(scratch.path + "w.pth", from_base64(kLegacyFile));
  CHECK(read_torch(scratch.path + "w.pth").tensors.size() == 3);
}

TEST_CASE("types, views and shared storages") {
  const std::string bytes = floats({0, 1, 2, 3, 4, 5});
  const std::string s = storage("FloatStorage", "7", 6);
  const std::string object = dict({{"all", tensor(s, 0, {2, 3}, {3, 1})},
                                   {"transposed", tensor(s, 0, {3, 2}, {1, 3})},
                                   {"tail", tensor(s, 4, {2}, {1})},
                                   {"scalar", tensor(s, 5, {}, {})},
                                   {"none", tensor(s, 6, {0, 4}, {4, 1})},
                                   {"repeated", tensor(s, 1, {3}, {0})},
                                   {"flag", tensor(storage("BoolStorage", "8", 2), 0, {2}, {1})}});
  for (const std::string& file : {legacy(object, {{"7", 6, bytes}, {"8", 2, std::string("\1\0", 2)}}),
                                  zip(object, {{"8", 2, std::string("\1\0", 2)}, {"7", 6, bytes}})}) {
    const TensorFile parsed = parse(file);
    REQUIRE(parsed.tensors.size() == 7);
    const at::Tensor all = at::arange(6, at::kFloat).reshape({2, 3});
    const at::Tensor expected[] = {all,
                                   all.t(),
                                   at::tensor({4.0f, 5.0f}),
                                   at::full({}, 5.0f),
                                   at::empty({0, 4}),
                                   at::ones({3}),
                                   at::tensor({1, 0}, at::kByte).to(at::kBool)};
    for (size_t i = 0; i < 7; ++i) {
      CAPTURE(parsed.tensors[i].first);
      CHECK(at::equal(parsed.tensors[i].second, expected[i]));
      CHECK(parsed.tensors[i].second.is_contiguous());
    }
    CHECK(parsed.tensors[0].second.data_ptr<float>() + 4 == parsed.tensors[2].second.data_ptr<float>());
  }
}

TEST_CASE("a trainer's file: nested dicts, lists, parameters, numbers") {
  const std::string w = tensor(storage("FloatStorage", "0", 2), 0, {2}, {1});
  const std::string parameter = global("torch._utils", "_rebuild_parameter") + tuple({w, "\x88", ordered_dict()}) + "R";
  const std::string object = dict({{"step", number(-3)},
                                   {"rate", std::string("G") + std::string("\x3f\xe0\0\0\0\0\0\0", 8)},
                                   {"name", text("net")},
                                   {"none", "N"},
                                   {"model", dict({{"module.a", parameter}, {"module.b", w}})},
                                   {"list", "](" + w + "}" + number(4) + w + "se"}});
  TensorFile file = parse(legacy(object, {{"0", 2, floats({1, 2})}}));
  std::string names;
  for (const auto& [name, tensor] : file.tensors) names += name + " ";
  CHECK(names == "model.module.a model.module.b list.0 list.1.4 ");
  CHECK(file.metadata == std::map<std::string, std::string>{{"step", "-3"}, {"rate", "0.5"}, {"name", "net"}});

  TensorFile model = part_of(file, "model.");
  CHECK(strip_wrappers(model) == "module.");
  CHECK(model.tensors[0].first == "a");
  CHECK(model.tensors[1].first == "b");
  CHECK(strip_wrappers(file).empty());  // not all names have the prefix
  CHECK(part_of(file, "other.").tensors.empty());
  TensorFile twice{{{"module.denoise_fn.x", at::zeros({1})}, {"module.denoise_fn.y", at::zeros({1})}}, {}};
  CHECK(strip_wrappers(twice) == "module.denoise_fn.");
}

TEST_CASE("OrderedDicts as written by Python 2, and attributes that BUILD adds to them") {
  const std::string w = tensor(storage("FloatStorage", "0", 2), 0, {2}, {1});
  const std::string pairs =
      global("collections", "OrderedDict") + "](](" + text("a") + w + "e](" + text("b") + w + "ee\x85R";
  const std::string built = pairs + "}" + text("_metadata") + ordered_dict() + "sb";
  const TensorFile file = parse(legacy(built, {{"0", 2, floats({1, 2})}}));
  REQUIRE(file.tensors.size() == 2);
  CHECK(file.tensors[1].first == "b");
}

TEST_CASE("a pickle that would call something is refused with its name, and nothing is called") {
  const std::string system = global("os", "system") + tuple({text("touch /tmp/sr3-unit-called")}) + "R";
  refused_both(system, {}, "names 'os.system'");
  refused_both(dict({{"w", system}}), {}, "names 'os.system'");
  refused_both(text("builtins") + text("eval") + "\x93" + tuple({text("1")}) + "R", {}, "names 'builtins.eval'");
  refused_both(global("torch.nn.modules.conv", "Conv2d") + ")\x81", {}, "'torch.nn.modules.conv.Conv2d'");
  refused_both("(S'ls'\nios\nsystem\n", {}, "unsupported pickle opcode 0x53");
  refused_both(std::string("(") + text("ls") + "ios\nsystem\n", {}, "unsupported pickle opcode 0x69");
  refused_both(std::string("}") + text("x") + global("torch", "FloatStorage") + "s" + ")R", {},
               "calls what cannot be called");
  refused_both(global("torch", "FloatStorage") + "}b", {}, "sets attributes");
  refused_both("\x82\x01", {}, "unsupported pickle opcode 0x82");
  // The same rules apply to the pickle of the magic number.
  refused(pickle(system), "names 'os.system'");
  CHECK(!std::filesystem::exists("/tmp/sr3-unit-called"));
}

TEST_CASE("a tensor with a wrong size or offset is refused") {
  const auto w = [](int64_t offset, const std::vector<int64_t>& size, const std::vector<int64_t>& stride) {
    return dict({{"w", tensor(storage("FloatStorage", "0", 6), offset, size, stride)}});
  };
  const std::vector<float> data = {0, 1, 2, 3, 4, 5};
  const int64_t huge = std::numeric_limits<int64_t>::max();
  refused_both(w(0, {7}, {1}), data, "larger than its storage");
  refused_both(w(1, {2, 3}, {3, 1}), data, "larger than its storage");
  refused_both(w(-1, {1}, {1}), data, "larger than its storage");
  refused_both(w(6, {1}, {1}), data, "larger than its storage");
  refused_both(w(7, {0}, {1}), data, "larger than its storage");
  refused_both(w(0, {2}, {-1}), data, "larger than its storage");
  refused_both(w(0, {-2}, {1}), data, "larger than its storage");
  refused_both(w(0, {huge}, {1}), data, "larger than its storage");
  refused_both(w(0, {2, 2}, {huge, huge}), data, "larger than its storage");
  refused_both(w(0, {1 << 30, 1 << 30}, {0, 0}), data, "larger than its storage");
  refused_both(w(0, {0, huge, huge}, {1, 1, 1}), data, "larger than its storage");
  refused_both(w(0, {1 << 30}, {0}), data, "share their storages too often");
  refused_both(w(0, {2, 3}, {1}), data, "2 sizes and 1 strides");
  refused_both(w(0, std::vector<int64_t>(65, 1), std::vector<int64_t>(65, 1)), data, "more than 64 dimensions");
}

TEST_CASE("storages that the file does not contain are refused before they are allocated") {
  const auto one = [](const std::string& type, int64_t numel) {
    return dict({{"w", tensor(storage(type, "0", numel), 0, {1}, {1})}});
  };
  refused_both(one("FloatStorage", int64_t{1} << 40), {1}, "claims 1099511627776 elements");
  refused_both(one("FloatStorage", -1), {1}, "claims -1 elements");
  refused(legacy(one("DoubleStorage", 200), {{"0", 1, floats({1})}}), "would take 1600 bytes");
  refused(zip(one("DoubleStorage", 3000), {{"0", 1, floats({1})}}), "would take 24000 bytes");
  refused(legacy(one("FloatStorage", 2), {{"0", 1, floats({1})}}), "has 1 elements");
  refused(legacy(one("FloatStorage", 2), {{"0", 2, floats({1})}}), "truncated in storage '0'");
  refused(legacy(one("FloatStorage", 1), {{"0", 1, floats({1, 2})}}), "bytes follow");
  refused(legacy(one("FloatStorage", 1), {}), "storage '0' is missing");
  refused(legacy(one("FloatStorage", 1), {{"1", 1, floats({1})}}), "but its tensors expect another number");
  refused(legacy(one("FloatStorage", 1), {{"0", 1, floats({1})}, {"0", 1, floats({1})}}), "appears twice");
  refused(zip(one("FloatStorage", 2), {{"0", 2, floats({1})}}), "has 4 bytes, but its tensor needs 8");
  refused(zip(one("FloatStorage", 1), {}), "storage '0' is missing");
  refused(zip(one("FloatStorage", 1), {{"0", 1, floats({1})}, {"0", 1, floats({1})}}), "appears twice");
  refused(legacy(one("BoolStorage", 1), {{"0", 1, "\2"}}), "neither 0 nor 1");
  refused_both(one("QInt8Storage", 1), {1}, "'torch.QInt8Storage'");
  refused_both(dict({{"a", tensor(storage("FloatStorage", "0", 1), 0, {1}, {1})},
                     {"b", tensor(storage("HalfStorage", "0", 1), 0, {1}, {1})}}),
               {1}, "described in two ways");
  // A deflated member of a gigabyte of zeros, which is announced but not in the file.
  refused(zipped({{"a/data.pkl", pickle(one("ByteStorage", 1 << 24))}, {"a/data/0", std::string(1 << 24, '\0')}},
                 "deflate"),
          "elements, in a file of");
}

TEST_CASE("a zip that was packed again with compression is read") {
  std::vector<float> values(40000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * i % 9973);
  const std::string object = dict({{"w", tensor(storage("FloatStorage", "0", 40000), 0, {200, 200}, {200, 1})}});
  const std::string file = zipped({{"a/data.pkl", pickle(object)}, {"a/data/0", floats(values)}}, "deflate");
  REQUIRE(file.size() < 120000);
  const TensorFile parsed = parse(file);
  REQUIRE(parsed.tensors.size() == 1);
  CHECK(at::equal(parsed.tensors[0].second, at::tensor(values).reshape({200, 200})));
}

TEST_CASE("a file truncated anywhere is refused") {
  for (const std::string& whole :
       {from_base64(kLegacyFile), from_base64(kZipFile), legacy(matrix(), {{"0", 6, floats({0, 1, 2, 3, 4, 5})}})}) {
    CHECK(parse(whole).tensors.size() >= 1);
    for (size_t n = 0; n < whole.size(); ++n) {
      // The end of a zip file's directory may be found even if the last byte of its comment is missing; all other
      // bytes are required.
      CAPTURE(n);
      CHECK_THROWS_AS(parse(whole.substr(0, n)), DataError);
    }
  }
}

TEST_CASE("lists that contain themselves, deep nesting, and memo bombs are refused quickly") {
  const auto start = std::chrono::steady_clock::now();
  const std::string opened = std::string(1'000'000, ']');
  refused_both(opened + std::string(999'999, 'a'), {}, "nested too deeply");
  refused_both("]q\1h\1a", {}, "nested too deeply");                   // a list that contains itself
  refused_both("}q\1" + text("x") + "h\1s", {}, "nested too deeply");  // a dict that contains itself
  refused_both("]q\1(h\1h\1e", {}, "nested too deeply");               // twice
  std::string doubling = "]q" + std::string(1, '\0');
  for (char i = 1; i < 30; ++i)
    doubling += std::string("](h") + static_cast<char>(i - 1) + "h" + static_cast<char>(i - 1) + "eq" + i;
  refused_both(doubling, {}, "too many values");
  refused_both(std::string(2'100'000, 'N'), {}, "too many values");
  refused_both(std::string("N") + std::string(2'100'000, '2'), {}, "too many values");
  refused_both(std::string("X") + raw(0xffffffff, 4), {}, "text that is too long");
  refused_both(std::string("X") + raw(1 << 25, 4), {}, "truncated");
  refused_both(std::string("\x8d") + raw(~uint64_t{0}, 8), {}, "text that is too long");
  refused_both(std::string("\x8b") + raw(0x7fffffff, 4), {}, "text that is too long");
  refused_both(dict({{std::string(1000, 'a'), tensor(storage("FloatStorage", "0", 1), 0, {1}, {1})}}), {1},
               "is too long");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("invalid use of stack, marks and memo is refused") {
  refused("", "neither a pickle nor a zip file");
  refused("PK", "m'");
  refused("\x80\x09.", "neither a pickle nor a zip file");
  refused_both(".", {}, "stack is empty");
  refused_both("0", {}, "stack is empty");
  refused_both("(.", {}, "stack is empty");
  refused_both("t", {}, "mark is missing");
  refused_both("1", {}, "mark is missing");
  refused_both("h\5", {}, "refers to a value that is not in the memo");
  refused_both("j\xff\xff\xff\xff", {}, "refers to a value that is not in the memo");
  refused_both("Na", {}, "stack is empty");
  refused_both("NNa", {}, "that is not a list");
  refused_both("]NNs", {}, "that is not a dict");
  refused_both("}(Nu", {}, "a key without a value");
  refused_both("I12x\n", {}, "number is damaged");
  refused_both("Fnan\n", {}, "number is damaged");
  refused_both("p-1\n", {}, "number is damaged");
  refused_both(global("collections", "OrderedDict") + "](Ne\x85R", {}, "is not made of pairs");
  refused_both("NQ", {}, "not described as torch");
  refused_both(global("torch._utils", "_rebuild_tensor_v2") + ")R", {}, "not described as torch");
  refused_both(dict({{"a", tensor("N", 0, {1}, {1})}}), {}, "not described as torch");
  refused(zipped({{"a/data.pkl", pickle("N")}, {"b/data.pkl", pickle("N")}}), "two of its members");
  refused(zipped({{"a/other", "x"}}), "it has no data.pkl");
  refused(zipped({{"a/data.pkl", pickle("N")}, {"a/constants.pkl", pickle("N")}}), "TorchScript");
  refused(zipped({{"a/data.pkl", pickle("N")}, {"a/byteorder", "big"}}), "big-endian");
  refused(legacy("N", {}).replace(0, 15, pickle("N")), "not one that torch.save wrote");
  refused_both(dict({{"a", "N"},
                     {"a.b", tensor(storage("FloatStorage", "0", 1), 0, {1}, {1})},
                     {"a", dict({{"b", tensor(storage("FloatStorage", "0", 1), 0, {1}, {1})}})}}),
               {1}, "'a.b' appears twice");
}
