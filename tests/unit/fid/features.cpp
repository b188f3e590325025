#include "fid/features.h"

#include <doctest/doctest.h>
#include <torch/script.h>

#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "format/digest.h"
#include "stream/scratch.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

constexpr const char* kForward = R"(
  def forward(self, img: Tensor, return_features: bool=False) -> Tensor:
      f = torch.mean(torch.conv2d(img, self.w, None, [2, 2]), [2, 3])
      if return_features:
          r = f
      else:
          r = torch.softmax(f, 1)
      return r
)";

std::string script(const std::string& path, const char* code) {
  torch::jit::Module module("Net");
  at::manual_seed(1);
  module.register_parameter("w", at::randn({5, 3, 3, 3}) / 100, false);
  module.define(code);
  module.save(path);
  return path;
}

at::Tensor levels(int64_t n, int64_t side) {
  at::manual_seed(7);
  return at::floor(at::rand({n, 3, side, side}) * 256);
}

}  // namespace

TEST_CASE("features and softmax of a TorchScript, for any batch") {
  const samples::Folder scratch;
  const std::string path = script(scratch.path + "net.pt", kForward);
  const auto network = open_features(path);
  const at::Tensor x = levels(21, 24);
  const Features all = (*network)(x, {true, true, false});
  // A plain computation in double precision.
  torch::jit::Module module = torch::jit::load(path);
  const at::Tensor weight = module.attr("w").toTensor().to(at::kDouble);
  const at::Tensor pool = at::conv2d(x.to(at::kDouble), weight, {}, 2).mean({2, 3});
  CHECK(all.pool.sizes() == at::IntArrayRef{21, 5});
  CHECK(at::allclose(all.pool.to(at::kDouble), pool, 1e-5, 1e-5));
  CHECK(at::allclose(all.probabilities.to(at::kDouble), at::softmax(pool, 1), 1e-5, 1e-6));
  CHECK(!all.spatial.defined());
  for (int64_t i : {0, 7, 16, 20}) {
    const Features one = (*network)(x.narrow(0, i, 1), {true, false, false});
    CHECK(at::equal(one.pool[0], all.pool[i]));
    CHECK(!one.probabilities.defined());
  }
  CHECK(at::equal((*network)(x, {true, true, false}).pool, all.pool));
}

TEST_CASE("the specification of a TorchScript") {
  const samples::Folder scratch;
  const std::string path = script(scratch.path + "net.pt", kForward);
  const auto network = open_features(path);
  const FeatureSpec& spec = network->spec();
  CHECK(spec.file == "net.pt");
  CHECK(spec.sha256 == sha256_file(path));
  CHECK(!spec.inception);
  CHECK(spec.resize == "own");
  CHECK(spec.scale == "own");
  Image image = make_image(3, 2);
  for (size_t i = 0; i < image.u8.size(); ++i) image.u8[i] = static_cast<uint8_t>(i);
  const at::Tensor x = network->prepare(image);
  CHECK(x.sizes() == at::IntArrayRef{3, 2, 3});
  CHECK(x[2][1][0].item<float>() == 11.0f);
}

TEST_CASE("an image of one pixel is prepared like any other") {
  const samples::Folder scratch;
  const auto network = open_features(script(scratch.path + "net.pt", kForward));
  Image image = make_image(1, 1);
  for (uint8_t i = 0; i < 3; ++i) image.u8[i] = static_cast<uint8_t>(8 * (i + 1));
  const at::Tensor x = network->prepare(image);
  const at::Tensor other = at::full({64}, -1.0);  // may reuse memory that was freed too early
  for (int i = 0; i < 3; ++i) CHECK(x[i][0][0].item<float>() == 8.0f * static_cast<float>(i + 1));
}

TEST_CASE("the reason for a script's failure, in one line") {
  const samples::Folder scratch;
  const auto why = [&](const char* body) {
    const auto network = open_features(script(scratch.path + "net.pt", body));
    try {
      (*network)(levels(1, 8), {});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  // A reason of two lines, and one that occurs before anything is run.
  const std::string raised = why(R"(
  def forward(self, img: Tensor, return_features: bool=False) -> Tensor:
      assert img.size(3) != 8, "too small\nenlarge it"
      return img
)");
  CAPTURE(raised);
  CHECK(raised.find("too small enlarge it") != std::string::npos);
  const std::string mistyped = why(R"(
  def forward(self, img: Tensor, return_features: int) -> Tensor:
      return img
)");
  CHECK(mistyped.find("Expected a value of type 'int'") != std::string::npos);
}

TEST_CASE("unsuitable files are refused") {
  const samples::Folder scratch;
  CHECK_THROWS_WITH_AS(open_features(""), doctest::Contains("6726825d"), UsageError);
  CHECK_THROWS_WITH_AS(open_features(scratch.path + "none.pt"), doctest::Contains("No such file"), Error);
  write_file(scratch.path + "text.pt", "no network");
  CHECK_THROWS_WITH_AS(open_features(scratch.path + "text.pt"), doctest::Contains("text.pt"), DataError);
  const std::string path = script(scratch.path + "net.pt", kForward);
  const std::string bytes = read_text(path);
  write_file(scratch.path + "cut.pt", bytes.substr(0, bytes.size() / 2));
  CHECK_THROWS_AS(open_features(scratch.path + "cut.pt"), DataError);
  script(scratch.path + "other.pt", "def forward(self, img: Tensor) -> Tensor:\n      return img\n");
  CHECK_THROWS_WITH_AS(open_features(scratch.path + "other.pt"), doctest::Contains("return_features"), DataError);
  FeatureOptions resized;
  resized.resize = "clean";
  CHECK_THROWS_WITH_AS(open_features(path, resized), doctest::Contains("another resize"), Error);
  resized.resize = "bicubic";
  CHECK_THROWS_AS(open_features(path, resized), UsageError);
}

TEST_CASE("the output of a network is checked") {
  const samples::Folder scratch;
  const auto spatial = open_features(script(scratch.path + "net.pt", kForward));
  CHECK_THROWS_WITH_AS((*spatial)(levels(1, 24), {false, false, true}), doctest::Contains("no spatial features"),
                       Error);
  const auto maps = open_features(script(scratch.path + "maps.pt", R"(
  def forward(self, img: Tensor, return_features: bool=False) -> Tensor:
      return img
)"));
  CHECK_THROWS_WITH_AS((*maps)(levels(1, 8), {}), doctest::Contains("not (N,D)"), Error);
  const auto infinite = open_features(script(scratch.path + "infinite.pt", R"(
  def forward(self, img: Tensor, return_features: bool=False) -> Tensor:
      return torch.mean(img, [2, 3]) / 0
)"));
  CHECK_THROWS_WITH_AS((*infinite)(levels(1, 8), {}), doctest::Contains("not finite"), Error);
  const auto logits = open_features(script(scratch.path + "logits.pt", R"(
  def forward(self, img: Tensor, return_features: bool=False) -> Tensor:
      return torch.mean(img, [2, 3])
)"));
  CHECK((*logits)(levels(2, 8), {true, false, false}).pool.size(0) == 2);
  CHECK_THROWS_WITH_AS((*logits)(levels(2, 8), {true, true, false}), doctest::Contains("softmax"), Error);
  const auto fixed = open_features(script(scratch.path + "fixed.pt", R"(
  def forward(self, img: Tensor, return_features: bool=False) -> Tensor:
      return torch.matmul(img.reshape([img.size(0), -1]), torch.ones([192, 5]))
)"));
  CHECK((*fixed)(levels(1, 8), {}).pool.size(1) == 5);
  std::string said;
  try {
    (*fixed)(levels(1, 9), {});
  } catch (const Error& error) {
    said = error.what();
  }
  CHECK(said.starts_with("cannot use 'fixed.pt' on images of 9x9: RuntimeError: "));
  CHECK(said.find("shapes cannot be multiplied") != std::string::npos);
  CHECK(said.find('\n') == std::string::npos);
}
