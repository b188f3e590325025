#include "import/explain.h"

#include <set>

#include "base/error.h"
#include "tensor/named_tensors.h"

namespace sr3 {
namespace {

// How many tensors of each kind of difference are named.
constexpr size_t kNamed = 3;

std::string joined(const std::vector<std::string>& texts, const char* between, size_t most) {
  std::string all;
  for (size_t i = 0; i < texts.size() && i < most; ++i) all += (i ? between : "") + texts[i];
  return all + (texts.size() > most ? cat(between, "...") : "");
}

}  // namespace

std::string misfit(const NetworkView& net, const std::vector<TensorSource>& wanted) {
  std::vector<std::string> missing, unexpected, misshapen;
  std::set<std::string> known;
  for (const TensorSource& source : wanted) {
    known.insert(source.name);
    const CheckpointTensor* found = net.find(source.name);
    if (!found)
      missing.push_back(cat("'", source.name, "'"));
    else if (!same_shape(found->shape, source.shape))
      misshapen.push_back(cat("'", source.name, "' is ", shape_text(found->shape), ", not ", shape_text(source.shape)));
  }
  for (const CheckpointTensor& tensor : net.tensors())
    if (!known.contains(tensor.name)) unexpected.push_back(cat("'", tensor.name.substr(0, 80), "'"));
  std::vector<std::string> causes;
  const auto add = [&](const std::vector<std::string>& list, const char* what, const char* between) {
    if (!list.empty()) causes.push_back(cat(list.size(), " ", what, " (", joined(list, between, kNamed), ")"));
  };
  add(missing, missing.size() == 1 ? "is missing" : "are missing", ", ");
  add(unexpected, unexpected.size() == 1 ? "is unexpected" : "are unexpected", ", ");
  add(misshapen, misshapen.size() == 1 ? "has another shape" : "have another shape", "; ");
  return joined(causes, ", ", causes.size());
}

void check_fit(const NetworkView& net, const Layout& layout, const std::string& settings,
               const std::vector<std::string>& fitting) {
  const std::vector<TensorSource> wanted = layout.sources();
  const std::string wrong = misfit(net, wanted);
  if (wrong.empty()) return;
  const std::string hint =
      fitting.empty() ? "" : cat("these shapes would fit ", joined(fitting, ", ", fitting.size()), "; ");
  throw DataError(cat("cannot import '", net.file().path(), "': its tensors do not fit ", settings, ": ", hint, "of ",
                      wanted.size(), " tensors ", wrong));
}

}  // namespace sr3
