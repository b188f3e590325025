#include "fid/script_check.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/frontend/lexer.h>
#include <torch/csrc/jit/frontend/parser.h>
#include <torch/script.h>

#include <algorithm>
#include <memory>

#include "base/error.h"

namespace sr3 {
namespace {

using torch::jit::TreeRef;

constexpr const char* kRemedy = "; --trust-features runs it nevertheless, with everything that it may do";

std::string without_prefix(const std::string& name) {
  constexpr std::string_view kPrefix = "__torch__.";
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

// Whether an expression is a constant: a literal, a negative one, a list or the like of them, inf or nan, or a tensor of the
// file (CONSTANTS.c0).
bool is_constant(const TreeRef& tree) {
  switch (tree->kind()) {
    case torch::jit::TK_CONST:
    case torch::jit::TK_STRINGLITERAL:
    case torch::jit::TK_TRUE:
    case torch::jit::TK_FALSE:
    case torch::jit::TK_NONE:
      return true;
    case torch::jit::TK_VAR: {
      const std::string name = torch::jit::Var(tree).name().name();
      return name == "inf" || name == "nan" || name == "CONSTANTS";
    }
    case '.':
      return is_constant(tree->trees().at(0));
    case torch::jit::TK_UNARY_MINUS:
    case torch::jit::TK_LIST_LITERAL:
    case torch::jit::TK_TUPLE_LITERAL:
    case torch::jit::TK_DICT_LITERAL:
    case torch::jit::TK_LIST:
    case torch::jit::TK_OPTION:
      return std::all_of(tree->trees().begin(), tree->trees().end(), is_constant);
    case torch::jit::TK_APPLY: {  // annotate(Optional[int], None)
      const torch::jit::Apply apply(tree);
      if (apply.callee().kind() != torch::jit::TK_VAR || !apply.attributes().empty()) return false;
      const bool annotates = torch::jit::Var(apply.callee()).name().name() == "annotate";
      return annotates && apply.inputs().size() == 2 && is_constant(apply.inputs()[1].tree());
    }
    default:
      return false;
  }
}

class SourceCheck {
 public:
  explicit SourceCheck(std::string path) : path_(std::move(path)) {}

  // The definitions of one source file. What is between them, imports, runs nothing.
  void operator()(const std::string& text) {
    torch::jit::Parser parser(std::make_shared<torch::jit::Source>(text));
    torch::jit::Lexer& lexer = parser.lexer();
    while (lexer.cur().kind != torch::jit::TK_EOF) {
      if (lexer.cur().kind == torch::jit::TK_CLASS_DEF)
        of_class(parser.parseClass());
      else if (lexer.cur().kind == torch::jit::TK_DEF)
        of_tree(parser.parseFunction(/*is_method=*/false));
      else
        lexer.next();
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw DataError(cat("cannot use '", path_, "': ", why, ", which would run when the file is read", kRemedy));
  }

  void of_class(const TreeRef& tree) {
    const torch::jit::ClassDef made(tree);
    const std::string name = made.name().name();
    for (const torch::jit::Stmt& statement : made.body()) {
      if (statement.kind() != torch::jit::TK_ASSIGN) continue;
      const torch::jit::Assign assign(statement);
      if (assign.lhs().kind() == torch::jit::TK_SUBSCRIPT) continue;  // __annotations__["0"] = the type of an attribute
      const auto value = assign.rhs();
      if (value.present() && !is_constant(value.get().tree()))
        refuse(cat("the class ", name, " computes an attribute"));
    }
    of_tree(tree);
  }

  void of_tree(const TreeRef& tree) {
    if (tree->isAtom()) return;
    if (tree->kind() == torch::jit::TK_DEF && torch::jit::Def(tree).name().name() == "__setstate__")
      refuse("it has a method __setstate__");
    if (tree->kind() == torch::jit::TK_PARAM) {
      const auto value = torch::jit::Param(tree).defaultValue();
      if (value.present() && !is_constant(value.get().tree()))
        refuse(cat("it computes the default value of the argument ", torch::jit::Param(tree).ident().name()));
    }
    for (const TreeRef& child : tree->trees()) of_tree(child);
  }

  std::string path_;
};

class OperatorCheck {
 public:
  OperatorCheck(std::string path, std::string function) : path_(std::move(path)), function_(std::move(function)) {}

  void operator()(const torch::jit::Block& block) const {
    for (const torch::jit::Node* node : block.nodes()) {
      const std::string name = node->kind().toQualString();
      if (!is_tensor_operator(name)) refuse(name);
      if (node->kind() == c10::prim::CallMethod) of_method(*node);
      if (node->kind() == c10::prim::CallFunction) of_function(*node);
      for (const torch::jit::Block* inner : node->blocks()) (*this)(*inner);
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw DataError(cat("cannot use '", path_, "': its function ", without_prefix(function_), " calls ", what,
                        ", which is not an operator of feature networks", kRemedy));
  }

  // Methods and functions in TorchScript are checked themselves; those in C++ cannot be.
  void of_method(const torch::jit::Node& node) const {
    const c10::TypePtr type = node.input(0)->type();
    const std::string& name = node.s(c10::attr::name);
    if (type->cast<c10::InterfaceType>()) return;  // the method of a class of the program
    const auto of = type->cast<c10::ClassType>();
    const torch::jit::Function* method = of ? of->findMethod(name) : nullptr;
    if (!method || !method->isGraphFunction()) refuse(cat(type->str(), ".", name));
  }
  void of_function(const torch::jit::Node& node) const {
    const auto type = node.input(0)->type()->cast<c10::FunctionType>();
    if (!type || !type->function()->isGraphFunction()) refuse(node.input(0)->type()->str());
  }

  std::string path_, function_;
};

}  // namespace

void check_script_source(const std::string& path) {
  caffe2::serialize::PyTorchStreamReader reader(path);
  SourceCheck check(path);
  for (const std::string& name : reader.getAllRecords()) {
    if (!name.starts_with("code/") || name.ends_with(".debug_pkl")) continue;
    const auto [bytes, size] = reader.getRecord(name);
    check(std::string(static_cast<const char*>(bytes.get()), size));
  }
}

void check_script_operators(const torch::jit::Module& module, const std::string& path) {
  for (torch::jit::Function* function : module._ivalue()->compilation_unit()->get_functions()) {
    const std::string name = function->qualname().qualifiedName();
    if (!function->isGraphFunction())
      throw DataError(
          cat("cannot use '", path, "': its function ", without_prefix(name), " is not TorchScript", kRemedy));
    function->ensure_defined();
    OperatorCheck(path, name)(*torch::jit::toGraphFunction(*function).graph()->block());
  }
}

}  // namespace sr3
