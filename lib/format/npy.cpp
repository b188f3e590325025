#include "format/npy.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/error.h"

namespace sr3 {
namespace {

struct Type {
  const char* descr;
  at::ScalarType type;
};
constexpr Type kTypes[] = {{"<f8", at::kDouble}, {"<f4", at::kFloat}, {"<f2", at::kHalf},
                           {"<i8", at::kLong},   {"<i4", at::kInt},   {"<i2", at::kShort},
                           {"|i1", at::kChar},   {"|u1", at::kByte},  {"|b1", at::kBool}};

// The header's Python literal: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
class Literal {
 public:
  Literal(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  NpyHeader parse() {
    NpyHeader header;
    std::set<std::string> seen;
    need('{');
    while (!take('}')) {
      const std::string key = string();
      need(':');
      if (!seen.insert(key).second) fail(cat("names '", key, "' twice"));
      if (key == "descr") {
        if (peek() == '[') fail("is of a structured type");
        header.descr = string();
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
      } else if (key == "shape") {
        header.shape = tuple();
      } else {
        fail(cat("has the unknown key '", key, "'"));
      }
      if (!take(',') && peek() != '}') fail("is not a Python literal");
    }
    if (seen.size() != 3) fail("lacks one of descr, fortran_order and shape");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw DataError(cat("cannot read ", where_, ": its header ", why));
  }
  char peek() {
    while (at_ < text_.size() && std::strchr(" \n\t", text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void need(char c) {
    if (!take(c)) fail("is not a Python literal");
  }
  std::string string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("is not a Python literal");
    const size_t end = text_.find(quote, ++at_);
    if (end == std::string_view::npos) fail("is not a Python literal");
    const std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
  }
  bool boolean() {
    peek();
    for (const auto& [word, value] : {std::pair("True", true), {"False", false}})
      if (text_.substr(at_).starts_with(word)) return at_ += std::strlen(word), value;
    fail("is not a Python literal");
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> sizes;
    need('(');
    while (!take(')')) {
      int64_t value = 0;
      if (peek() < '0' || peek() > '9') fail("has a shape that is not a tuple of sizes");
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
        if ((value = value * 10 + (text_[at_] - '0')) > (int64_t{1} << 48)) fail("has a shape that is too large");
      take('L');  // as Python 2 wrote its long integers
      sizes.push_back(value);
      if (sizes.size() > 32) fail("has more than 32 dimensions");
      if (!take(',') && peek() != ')') fail("has a shape that is not a tuple of sizes");
    }
    return sizes;
  }

  std::string_view text_;
  std::string where_;
  size_t at_ = 0;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view literal, const std::string& where) {
  return Literal(literal, where).parse();
}

std::string npy_preamble(const std::string& descr, at::IntArrayRef shape) {
  std::string sizes;
  for (int64_t size : shape) sizes += cat(size, ", ");
  if (shape.size() > 1) sizes.resize(sizes.size() - 2);
  if (shape.size() == 1) sizes.resize(sizes.size() - 1);
  std::string literal = cat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (", sizes, "), }");
  literal.resize((literal.size() + 1 + 10 + 63) / 64 * 64 - 10 - 1, ' ');
  literal += '\n';
  std::string head(kNpyMagic);
  head += {1, 0, static_cast<char>(literal.size() & 255), static_cast<char>(literal.size() >> 8)};
  return head + literal;
}

std::optional<at::ScalarType> npy_type(const std::string& descr) {
  for (const Type& type : kTypes)
    if (descr == type.descr) return type.type;
  return std::nullopt;
}

const char* npy_descr(at::ScalarType wanted) {
  for (const Type& type : kTypes)
    if (type.type == wanted) return type.descr;
  return nullptr;
}

uint64_t npy_width(const std::string& descr) {
  if (descr.size() < 3 || descr.size() > 12) return 0;
  uint64_t n = 0;
  for (char c : descr.substr(2)) {
    if (c < '0' || c > '9') return 0;
    n = n * 10 + static_cast<uint64_t>(c - '0');
  }
  if (descr[1] == 'U') return n * 4;
  return std::strchr("biufcSV", descr[1]) ? n : 0;
}

}  // namespace sr3
