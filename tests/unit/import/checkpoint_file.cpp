// Checkpoints of every container, read tensor by tensor; damaged, truncated and hostile ones.
#include "import/checkpoint_file.h"

#include <doctest/doctest.h>

#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "degrade/enlarge.h"
#include "degrade/resize.h"
#include "format/torch_files.h"
#include "import/describe.h"
#include "stream/scratch.h"
#include "tensor/aten.h"

using namespace sr3;
using namespace torch_files;

namespace {

// Three tensors, two of which share a storage; in a zip the storages stand in another order than the tensors.
const std::string kObject = dict({{"net.a", tensor(storage("FloatStorage", "1", 4), 0, {2, 2}, {2, 1})},
                                  {"net.b", tensor(storage("HalfStorage", "0", 2), 0, {2}, {1})},
                                  {"net.c", tensor(storage("FloatStorage", "1", 4), 1, {2}, {2})},
                                  {"step", number(7)}});
const std::string kHalves("\x00\x3c\x00\xc0", 4);  // 1, -2

std::string zip_file() { return zip(kObject, {{"0", 2, kHalves}, {"1", 4, floats({0, 1, 2, 3})}}); }
std::string legacy_file() { return legacy(kObject, {{"0", 2, kHalves}, {"1", 4, floats({0, 1, 2, 3})}}); }

void refused(const samples::Folder& folder, const std::string& bytes, const char* why) {
  CAPTURE(why);
  write_file(folder.path + "x", bytes);
  CHECK_THROWS_WITH_AS(CheckpointFile(folder.path + "x"), doctest::Contains(why), Error);
}

}  // namespace

TEST_CASE("tensors of both of torch's containers, in any order") {
  const samples::Folder folder;
  for (const bool zipped : {true, false}) {
    write_file(folder.path + "x", zipped ? zip_file() : legacy_file());
    const CheckpointFile file(folder.path + "x");
    CHECK(std::string(file.container()) == (zipped ? "torch (zip)" : "torch (legacy)"));
    REQUIRE(file.tensors().size() == 3);
    CHECK(file.tensors()[0].name == "net.a");
    CHECK(file.tensors()[0].shape == std::vector<int64_t>{2, 2});
    CHECK((file.tensors()[1].type == at::kHalf));
    CHECK(file.tensors()[1].position < file.tensors()[0].position);
    CHECK(file.metadata().at("step") == "7");
    for (int i = 0; i < 2; ++i) {  // forwards and backwards
      CHECK(at::equal(file.read("net.a"), at::arange(4, at::kFloat).reshape({2, 2})));
      CHECK(at::equal(file.read("net.c"), at::tensor({1.0F, 3.0F})));
      CHECK(at::equal(file.read("net.b"), at::tensor({1.0F, -2.0F}).to(at::kHalf)));
    }
    CHECK_THROWS(file.read("net.d"));
    const NetworkView view(file, "net.");
    CHECK(view.parameters() == 8);
    CHECK(view.find("b") != nullptr);
    CHECK(view.find("net.b") == nullptr);
    CHECK(view.read("c").numel() == 2);
  }
}

TEST_CASE("safetensors, of which only the requested tensors are read") {
  const samples::Folder folder;
  const std::string path = folder.path + "x";
  write_safetensors(path,
                    {{{"a", at::ones({3}, at::kDouble)}, {"b", at::arange(2, at::kFloat)}}, {{"made", "by hand"}}});
  {
    const CheckpointFile file(path);
    CHECK(at::equal(file.read("b"), at::arange(2, at::kFloat)));
    CHECK(at::equal(file.read("a"), at::ones({3}, at::kDouble)));
    CHECK(file.metadata().at("made") == "by hand");
  }
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  CHECK_THROWS_AS(CheckpointFile{path}, DataError);
}

TEST_CASE("a checkpoint in several files is read by its index, and a wrong index is refused") {
  const samples::Folder folder;
  write_safetensors(folder.path + "w-1.safetensors", {{{"b", at::arange(2, at::kFloat)}, {"c", at::ones({3})}}, {}});
  write_safetensors(folder.path + "w-2.safetensors", {{{"a", at::full({2, 2}, 7.0)}}, {}});
  const std::string index = folder.path + "w.safetensors.index.json";
  const auto map = [&](const std::string& text) {
    write_file(index, "{\"metadata\": {\"total_size\": 36}, \"weight_map\": {" + text + "}}");
  };
  map(R"("a": "w-2.safetensors", "b": "w-1.safetensors", "c": "w-1.safetensors")");
  const CheckpointFile file(index);
  CHECK(file.container() == "safetensors (2 files)");
  CHECK(file.files() ==
        std::vector<std::string>{index, folder.path + "w-1.safetensors", folder.path + "w-2.safetensors"});
  REQUIRE(file.tensors().size() == 3);
  CHECK(at::equal(file.read("a"), at::full({2, 2}, 7.0)));
  CHECK(at::equal(file.read("b"), at::arange(2, at::kFloat)));
  const auto wrong = [&](const std::string& text, const char* why) {
    map(text);
    CHECK_THROWS_WITH_AS(CheckpointFile{index}, doctest::Contains(why), Error);
  };
  wrong("", "weight_map is empty");
  wrong(R"("a": "w-1.safetensors")", "has no tensor 'a'");
  wrong(R"("a": "w-3.safetensors")", "w-3.safetensors");
  wrong(R"("a": "../w-1.safetensors")", "is not the name of a file beside the index");
  wrong(R"("a": 3)", "'weight_map.a' is not a string");
  write_file(index, "{}");
  CHECK_THROWS_WITH_AS(CheckpointFile{index}, doctest::Contains("missing key 'weight_map'"), DataError);
}

TEST_CASE("safetensors whose first bytes, the length of the header, look like a zip or a pickle") {
  const samples::Folder folder;
  for (const uint64_t length : {uint64_t{'P' | 'K' << 8}, uint64_t{0x280}}) {
    std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
    header.resize(length, ' ');
    write_file(folder.path + "x", raw(length, 8) + header + floats({2.5f}));
    CHECK(CheckpointFile(folder.path + "x").read("a").item<float>() == 2.5f);
  }
}

TEST_CASE("of several networks the averaged one is used: 'ema' as a separate word") {
  const samples::Folder folder;
  const auto chosen = [&](const std::vector<std::string>& prefixes) {
    TensorFile file;
    for (const std::string& prefix : prefixes) file.tensors.emplace_back(prefix + "w", at::ones({1}));
    write_safetensors(folder.path + "x", file);
    return network_in(CheckpointFile(folder.path + "x"), "w").prefix();
  };
  CHECK(chosen({"model.", "schema_old."}) == "model.");
  CHECK(chosen({"model.", "ema_model."}) == "ema_model.");
  CHECK(chosen({"params.", "params_ema."}) == "params_ema.");
  CHECK(chosen({"a.", "state.ema.net."}) == "state.ema.net.");
}

TEST_CASE("a file that shrinks while it is open is an error") {
  const samples::Folder folder;
  const std::string path = folder.path + "x";
  for (const bool torch : {true, false}) {
    if (torch)
      write_file(path, legacy_file());
    else
      write_safetensors(path, {{{"net.a", at::ones({3})}, {"net.b", at::ones({3})}}, {}});
    const CheckpointFile file(path);
    std::ofstream(path, std::ios::trunc) << "";
    CHECK_THROWS_AS(file.read("net.b"), DataError);
  }
}

TEST_CASE("files that are not checkpoints, and those that would run a program, are refused with the reason") {
  const samples::Folder folder;
  refused(folder, "", "it is empty");
  refused(folder, "<!DOCTYPE html><html>", "it is a web page");
  refused(folder, "version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer");
  refused(folder, std::string(100, 'x'), "neither a safetensors file nor one that torch.save wrote");
  refused(folder, pickle("N"), "not one that torch.save wrote");
  const std::string call = global("os", "system") + tuple({text("touch /tmp/sr3-unit-imported")}) + "R";
  refused(folder, legacy(call, {}), "names 'os.system'");
  refused(folder, zip(call, {}), "names 'os.system'");
  refused(folder, zip(global("numpy.core.multiarray", "_reconstruct") + ")R", {}),
          "'numpy.core.multiarray._reconstruct'");
  CHECK(!std::filesystem::exists("/tmp/sr3-unit-imported"));
  refused(folder, zipped({{"x/data.pkl", pickle("N")}, {"x/constants.pkl", pickle("N")}}), "TorchScript");
  CHECK_THROWS_WITH_AS(CheckpointFile(folder.path), doctest::Contains("it is a folder"), Error);
  CHECK_THROWS_WITH_AS(CheckpointFile(folder.path + "none"), doctest::Contains("cannot open"), Error);
  CHECK_THROWS_WITH_AS(CheckpointFile("/dev/null"), doctest::Contains("it is not a file"), Error);
}

TEST_CASE("the names of zip members are not used as paths") {
  const samples::Folder folder;
  // Nothing is unpacked, so that a path outside the folder is harmless; the storage is merely missing.
  refused(folder, zipped({{"../../m/data.pkl", pickle(kObject)}, {"../../m/data/0", kHalves}}),
          "storage '1' is missing");
  write_file(folder.path + "x", zipped({{"/m/data.pkl", pickle(kObject)},
                                        {"/m/data/0", kHalves},
                                        {"/m/data/../../escaped", "x"},
                                        {"/m/data/1", floats({0, 1, 2, 3})}}));
  CHECK(CheckpointFile(folder.path + "x").tensors().size() == 3);
  CHECK(!std::filesystem::exists(folder.path + "escaped"));
  CHECK(!std::filesystem::exists(folder.path + "../escaped"));
}

TEST_CASE("storages with a wrong size are refused before they are read") {
  const samples::Folder folder;
  refused(folder, zip(kObject, {{"0", 2, kHalves}, {"1", 4, floats({0, 1, 2})}}),
          "has 12 bytes, but its tensor needs 16");
  refused(folder, legacy(kObject, {{"0", 2, kHalves}, {"1", 3, floats({0, 1, 2})}}), "has 3 elements");
  refused(folder, legacy(kObject, {{"0", 2, kHalves}, {"1", 4, floats({0, 1, 2})}}), "truncated in storage '1'");
  refused(folder, legacy(kObject, {{"0", 2, kHalves}, {"1", 4, floats({0, 1, 2, 3, 4})}}), "bytes follow");
  refused(folder, legacy(dict({{"a", tensor(storage("FloatStorage", "0", int64_t{1} << 50), 0, {1}, {1})}}), {}),
          "in a file of");
  std::vector<std::pair<std::string, std::string>> many = {{"m/data.pkl", pickle("N")}};
  for (int i = 0; i < 20001; ++i) many.emplace_back("m/x" + std::to_string(i), "");
  refused(folder, zipped(many), "more than 20000 members");
}

TEST_CASE("a checkpoint that is truncated anywhere, or has any byte changed, is either read or refused") {
  const samples::Folder folder;
  const std::string path = folder.path + "x";
  for (const std::string& whole : {zip_file(), legacy_file()}) {
    for (size_t n = 0; n < whole.size(); n += 3) {
      write_file(path, whole.substr(0, n));
      CHECK_THROWS_AS(CheckpointFile{path}, DataError);
    }
    int read = 0;
    for (size_t n = 0; n < whole.size(); ++n) {
      std::string changed = whole;
      changed[n] = static_cast<char>(changed[n] ^ 0x41);
      write_file(path, changed);
      try {
        const CheckpointFile file(path);
        for (const auto& t : file.tensors()) file.read(t.name);
        ++read;
      } catch (const Error&) {
      }
    }
    CHECK(read < static_cast<int>(whole.size()));
  }
}

TEST_CASE("the contents of a file are described without settings") {
  const samples::Folder folder;
  write_file(folder.path + "x", legacy_file());
  std::string all;
  for (const auto& [name, value] : describe_checkpoint(folder.path + "x"))
    if (name != "file") all += name + "=" + value + ";";
  CHECK(all ==
        "container=torch (legacy);tensors=3;parameters=8;types=1 float16, 2 float32;format=none;guess=not a network "
        "that is recognized;");
}

TEST_CASE("pillow-bicubic enlarges 8-bit levels as Pillow does") {
  Image small = make_image(4, 3);
  for (size_t i = 0; i < small.u8.size(); ++i) small.u8[i] = static_cast<uint8_t>(i * 53 % 256);
  std::vector<float> units, exact;
  for (const uint8_t v : small.u8) units.push_back(static_cast<float>(v) / 127.5F - 1);
  const Image large =
      resize(small, 16, 12, Kernel::kBicubic, Convention::kPillow);  // its own test compares it with Pillow
  for (const uint8_t v : large.u8) exact.push_back(static_cast<float>(v) / 127.5F - 1);
  CHECK(enlarge(units, 4, 3, 3, 16, 12, enlargement_named("pillow-bicubic")) == exact);
  const std::vector<float> floats = enlarge(units, 4, 3, 3, 16, 12, enlargement_named("bicubic"));
  CHECK(floats == resize_float(units, 4, 3, 3, 16, 12, Kernel::kBicubic));
  CHECK(floats != exact);
  std::vector<float> grey, grey_exact;
  for (size_t i = 0; i < units.size(); i += 3) grey.push_back(units[i]);
  for (size_t i = 0; i < exact.size(); i += 3) grey_exact.push_back(exact[i]);
  CHECK(enlarge(grey, 4, 3, 1, 16, 12, enlargement_named("pillow-bicubic")) == grey_exact);
  CHECK_THROWS_AS(enlargement_named("pillow"), UsageError);
}
