#include "fid/script_check.h"

#include <caffe2/serialize/inline_container.h>
#include <doctest/doctest.h>
#include <torch/script.h>

#include "base/error.h"
#include "base/folder.h"
#include "fid/features.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

// A network whose forward() has the lines of `body`, with further methods before it.
std::string network_with(const std::string& path, const std::string& body, const std::string& methods = "") {
  torch::jit::Module module("Net");
  module.register_buffer("w", at::ones({3}));
  module.define(
      methods +
      "\ndef forward(self, img: Tensor, return_features: bool=False) -> Tensor:\n  f = torch.mean(img, [2, 3])\n" +
      body + "  return torch.softmax(f, 1)\n");
  module.save(path);
  return path;
}

// A file of torch.jit.save whose source is `code`, which the compiler need not accept.
std::string source_of(const samples::Folder& folder, const std::string& code) {
  const std::string path = network_with(folder / "whole.pt", "");
  torch::jit::Module module = torch::jit::load(path);
  caffe2::serialize::PyTorchStreamReader reader(path);
  caffe2::serialize::PyTorchStreamWriter writer(folder / "made.pt");
  for (const std::string& name : reader.getAllRecords()) {
    if (name == "version" || name == ".data/version" || name == "byteorder" || name == ".data/serialization_id")
      continue;
    const auto [bytes, size] = reader.getRecord(name);
    const std::string text =
        name == "code/__torch__.py" ? code : std::string(static_cast<const char*>(bytes.get()), size);
    writer.writeRecord(name, text.data(), text.size());
  }
  writer.writeEndOfFile();
  return folder / "made.pt";
}

void opens(const std::string& path) {
  CAPTURE(path);
  CHECK_NOTHROW(open_features(path));
}

void is_refused(const std::string& path, const std::string& why) {
  CHECK_THROWS_WITH_AS(open_features(path), doctest::Contains(why.c_str()), DataError);
  CHECK_THROWS_WITH_AS(open_features(path), doctest::Contains("--trust-features"), DataError);
}

}  // namespace

TEST_CASE("operators of networks pass, in place and on numbers and lists, too") {
  const samples::Folder folder;
  opens(network_with(folder / "a.pt", R"(
  sizes: List[int] = []
  for i in range(2):
    sizes.append(i + len(img.size()))
  if sizes[0] > 3:
    f = f.add_(1.5).relu_() * self.w
  f = torch.nn.functional.interpolate(img, [4, 4], mode="bilinear", align_corners=False).mean([2, 3]) if False else f
)"));
  for (const char* name : {"aten::conv2d", "aten::relu_", "aten::__getitem__", "aten::upsample_bicubic2d", "prim::If"})
    CHECK(is_tensor_operator(name));
  for (const char* name :
       {"aten::save", "aten::from_file", "aten::load", "prim::Print", "prim::fork", "aten::wait", "aten::rand",
        "prim::rpc_async", "quantized::conv2d", "aten::__getitem___", "conv2d", "", "_"})
    CHECK_FALSE(is_tensor_operator(name));
}

TEST_CASE("other operators are refused wherever they are") {
  const samples::Folder folder;
  is_refused(network_with(folder / "a.pt", "  torch.save(f, \"stolen\")\n"),
             "its function Net.forward calls aten::save");
  is_refused(network_with(folder / "a.pt", "  f = f + torch.from_file(\"a.pt\", False, 3)\n"), "aten::from_file");
  is_refused(network_with(folder / "a.pt", "  print(f)\n"), "prim::Print");
  is_refused(network_with(folder / "a.pt", "  f = f + torch.rand([3])\n"), "aten::rand");
  is_refused(
      network_with(folder / "a.pt", "  if return_features:\n    for i in range(3):\n      torch.save(f, \"x\")\n"),
      "aten::save");
  // In a method that forward() calls, and in one that it does not.
  is_refused(network_with(folder / "a.pt", "  f = self.more(f)\n",
                          "def more(self, x: Tensor) -> Tensor:\n  torch.save(x, \"x\")\n  return x\n"),
             "Net.more calls aten::save");
  is_refused(
      network_with(folder / "a.pt", "", "def more(self, x: Tensor) -> Tensor:\n  torch.save(x, \"x\")\n  return x\n"),
      "Net.more calls");
  FeatureOptions trusting;
  trusting.trust_program = true;
  CHECK_NOTHROW(open_features(network_with(folder / "a.pt", "  print(f)\n"), trusting));
}

TEST_CASE("in a submodule") {
  const samples::Folder folder;
  torch::jit::Module inner("Inner"), net("Net");
  inner.define("def forward(self, x: Tensor) -> Tensor:\n  torch.save(x, \"x\")\n  return x\n");
  net.register_module("inner", inner);
  net.define(
      "def forward(self, img: Tensor, return_features: bool=False) -> Tensor:\n  return self.inner.forward(img)\n");
  net.save(folder / "a.pt");
  is_refused(folder / "a.pt", "Inner.forward calls aten::save");
}

TEST_CASE("code that would run when the file is read is refused before that") {
  const samples::Folder folder;
  const std::string
      begin = "class Net(Module):\n  __parameters__ = []\n  __buffers__ = [\"w\", ]\n  w : Tensor\n  training : bool\n",
      end = "    return torch.mean(img, [2, 3])\n";
  const std::string forward = "  def forward(self, img: Tensor, return_features: bool=False) -> Tensor:\n";
  CHECK_NOTHROW(check_script_source(source_of(folder, begin + forward + end)));
  CHECK_NOTHROW(check_script_source(source_of(
      folder, begin +
                  "  def forward(self, img: Tensor, return_features: bool=False, a: Optional[List[int]]=None, "
                  "b: float=-1.5, c: List[int]=[1, -2]) -> Tensor:\n" +
                  end)));
  is_refused(
      source_of(
          folder,
          begin + forward + end +
              "  def __setstate__(self, state: Tensor) -> None:\n    torch.save(state, \"x\")\n    return None\n"),
      "it has a method __setstate__");
  is_refused(
      source_of(
          folder,
          begin +
              "  def forward(self, img: Tensor, return_features: bool=torch.ne(torch.len(\"ab\"), 3)) -> Tensor:\n" +
              end),
      "it computes the default value of the argument return_features");
  is_refused(source_of(folder, begin + "  n : Final[int] = torch.len(\"abc\")\n" + forward + end),
             "the class Net computes an attribute");
}
