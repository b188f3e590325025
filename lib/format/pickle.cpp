#include "format/pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>

#include "base/error.h"
#include "base/options.h"
#include "format/pickle_op.h"

namespace sr3 {
namespace {

constexpr const char* kOrderedDict = "collections.OrderedDict";

// The machine that pickletools describes: a stack of values, and a memo. A call is kept as its description; opcodes that
// data do not need are refused.
class Machine {
 public:
  Machine(Source& source, const std::vector<std::string>& allowed, const PickleLimits& limits)
      : source_(source), allowed_(allowed), limits_(limits) {}

  Pickle read() {
    for (uint8_t op = byte(); op != PickleOp::kStop; op = byte()) {
      if (frame(op) || number(op) || text_or_bytes(op) || container(op) || object(op) || memo(op) || stack(op))
        continue;
      char code[8];
      std::snprintf(code, sizeof code, "0x%02x", op);
      throw refused(cat("unsupported pickle opcode ", code));
    }
    pickle_.root = pop();
    return std::move(pickle_);
  }

 private:
  using Id = Pickle::Id;
  using Kind = Pickle::Kind;

  DataError refused(const std::string& why) const {
    return DataError(cat("cannot read '", source_.name(), "': ", why, " (pickle byte ", at_, ")"));
  }

  // The input.
  void take(void* to, size_t n) {
    if (n > limits_.bytes - at_) throw refused("its pickle is too long");
    auto* bytes = static_cast<uint8_t*>(to);
    for (size_t done = 0; done < n;) {
      const size_t got = source_.read(bytes + done, n - done);
      if (got == 0) throw refused("truncated");
      done += got;
      at_ += got;
    }
  }
  uint8_t byte() {
    uint8_t b;
    take(&b, 1);
    return b;
  }
  uint64_t little(int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= uint64_t{byte()} << (8 * i);
    return value;
  }
  std::string text(uint64_t n) {
    if (n > limits_.bytes) throw refused("it holds a text that is too long");
    std::string value;
    // In pieces, so that a length takes no memory before its bytes have been read.
    while (n > 0) {
      const size_t piece = std::min<uint64_t>(n, 1 << 16), old = value.size();
      value.resize(old + piece);
      take(value.data() + old, piece);
      n -= piece;
    }
    return value;
  }
  std::string line() {
    std::string value;
    for (uint8_t b = byte(); b != '\n'; b = byte()) value += static_cast<char>(b);
    return value;
  }

  // The stack.
  Id make(Pickle::Value value) {
    if (pickle_.values.size() >= limits_.values) throw refused("it holds too many values");
    pickle_.values.push_back(std::move(value));
    return static_cast<Id>(pickle_.values.size() - 1);
  }
  void push(Id id) {
    if (stack_.size() >= limits_.values) throw refused("it holds too many values");
    stack_.push_back(id);
  }
  void push(Pickle::Value value) { push(make(std::move(value))); }
  void push_int(int64_t value) { push({Pickle::kInt, value, 0, {}, {}}); }
  Id top() const {
    if (stack_.empty() || kind(stack_.back()) == Pickle::kMark) throw refused("its stack is empty");
    return stack_.back();
  }
  Id pop() {
    const Id id = top();
    stack_.pop_back();
    return id;
  }
  // Removes the topmost mark and all values above it, and returns the values.
  std::vector<Id> pop_marked() {
    size_t at = stack_.size();
    while (at > 0 && kind(stack_[at - 1]) != Pickle::kMark) --at;
    if (at == 0) throw refused("a mark is missing");
    std::vector<Id> items(stack_.begin() + static_cast<ptrdiff_t>(at), stack_.end());
    stack_.resize(at - 1);
    return items;
  }
  Kind kind(Id id) const { return pickle_.values[id].kind; }
  void push_items(Kind kind, std::vector<Id> items) { push({kind, 0, 0, {}, std::move(items)}); }
  void push_last(Kind kind, size_t n) {
    std::vector<Id> items(n);
    for (size_t i = n; i-- > 0;) items[i] = pop();
    push_items(kind, std::move(items));
  }

  void extend(Kind wanted, const std::vector<Id>& items) {
    Pickle::Value& to = pickle_.values[top()];
    if (to.kind != wanted)
      throw refused(cat("it adds items to a value that is not a ", wanted == Pickle::kList ? "list" : "dict"));
    if (wanted == Pickle::kDict && items.size() % 2 != 0) throw refused("a dict has a key without a value");
    held_ += items.size();
    if (held_ > limits_.values) throw refused("it holds too many values");
    to.items.insert(to.items.end(), items.begin(), items.end());
  }

  void push_global(const std::string& name) {
    if (name != kOrderedDict && std::find(allowed_.begin(), allowed_.end(), name) == allowed_.end())
      throw refused(cat("it names '", name, "', which weights do not need"));
    push({Pickle::kGlobal, 0, 0, name, {}});
  }

  void call() {
    const Id arguments = pop(), callee = pop();
    if (kind(callee) != Pickle::kGlobal || kind(arguments) != Pickle::kTuple)
      throw refused("it calls what cannot be called");
    if (pickle_.values[callee].text != kOrderedDict) return push_items(Pickle::kCall, {callee, arguments});
    // OrderedDict(), or OrderedDict([(key, value), ...]).
    std::vector<Id> items;
    const std::vector<Id>& given = pickle_.values[arguments].items;
    if (given.size() > 1) throw refused("an OrderedDict has more than one argument");
    if (!given.empty())
      for (const Id pair : pickle_.values[given[0]].items) {
        const Pickle::Value& both = pickle_.values[pair];
        if ((both.kind != Pickle::kList && both.kind != Pickle::kTuple) || both.items.size() != 2)
          throw refused("an OrderedDict is not made of pairs");
        items.insert(items.end(), both.items.begin(), both.items.end());
      }
    held_ += items.size();
    if (held_ > limits_.values) throw refused("it holds too many values");
    push_items(Pickle::kDict, std::move(items));
  }

  void remember(uint64_t place) { memo_[place] = top(); }
  void recall(uint64_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) throw refused("it refers to a value that is not in the memo");
    push(found->second);
  }
  uint64_t decimal() {
    const std::string digits = line();
    try {
      const int64_t value = parse_int(digits);
      if (value >= 0) return static_cast<uint64_t>(value);
    } catch (const UsageError&) {
    }
    throw refused("a number is damaged");
  }

  void push_decimal(std::string digits) {
    if (digits == "00" || digits == "01")
      return push({Pickle::kBool, digits == "01", 0, {}, {}});  // protocol 0's booleans
    if (digits.ends_with('L')) digits.pop_back();
    try {
      push_int(parse_int(digits));
    } catch (const UsageError&) {
      throw refused("a number is damaged");
    }
  }

  void push_float(const std::string& digits) {
    try {
      push({Pickle::kFloat, 0, parse_double(digits), {}, {}});
    } catch (const UsageError&) {
      throw refused("a number is damaged");
    }
  }

  // Two's complement, little-endian.
  void push_long(uint64_t n) {
    const std::string bytes = text(n);
    if (n > 8) return push({Pickle::kBytes, 0, 0, bytes, {}});
    uint64_t value = !bytes.empty() && (bytes.back() & 0x80) ? ~uint64_t{0} : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    push_int(static_cast<int64_t>(value));
  }

  // Opcodes by kind. Each function executes an opcode of its kind and returns true, or returns false.

  bool frame(uint8_t op) {
    if (op == PickleOp::kFrame)
      return little(8), true;  // how many bytes follow, which a reader of a stream need not know
    if (op != PickleOp::kProto) return false;
    if (const int protocol = byte(); protocol > 5) throw refused(cat("its protocol ", protocol, " is unknown"));
    return true;
  }

  bool number(uint8_t op) {
    static_assert(std::endian::native == std::endian::little);
    switch (op) {
      case PickleOp::kNone:
        return push({Pickle::kNone, 0, 0, {}, {}}), true;
      case PickleOp::kNewTrue:
      case PickleOp::kNewFalse:
        return push({Pickle::kBool, op == PickleOp::kNewTrue, 0, {}, {}}), true;
      case PickleOp::kInt:
      case PickleOp::kLong:
        return push_decimal(line()), true;
      case PickleOp::kBinInt:
        return push_int(static_cast<int32_t>(little(4))), true;
      case PickleOp::kBinInt1:
        return push_int(byte()), true;
      case PickleOp::kBinInt2:
        return push_int(static_cast<int64_t>(little(2))), true;
      case PickleOp::kLong1:
        return push_long(byte()), true;
      case PickleOp::kLong4:
        return push_long(little(4)), true;
      case PickleOp::kFloat:
        return push_float(line()), true;
      case PickleOp::kBinFloat:  // big-endian
        return push({Pickle::kFloat, 0, std::bit_cast<double>(__builtin_bswap64(little(8))), {}, {}}), true;
      default:
        return false;
    }
  }

  bool text_or_bytes(uint8_t op) {
    switch (op) {
      case PickleOp::kBinUnicode:
      case PickleOp::kBinString:
        return push({Pickle::kText, 0, 0, text(little(4)), {}}), true;
      case PickleOp::kShortBinUnicode:
      case PickleOp::kShortBinString:
        return push({Pickle::kText, 0, 0, text(byte()), {}}), true;
      case PickleOp::kBinUnicode8:
        return push({Pickle::kText, 0, 0, text(little(8)), {}}), true;
      case PickleOp::kBinBytes:
        return push({Pickle::kBytes, 0, 0, text(little(4)), {}}), true;
      case PickleOp::kShortBinBytes:
        return push({Pickle::kBytes, 0, 0, text(byte()), {}}), true;
      case PickleOp::kBinBytes8:
        return push({Pickle::kBytes, 0, 0, text(little(8)), {}}), true;
      default:
        return false;
    }
  }

  bool container(uint8_t op) {
    switch (op) {
      case PickleOp::kEmptyList:
        return push_items(Pickle::kList, {}), true;
      case PickleOp::kEmptyTuple:
        return push_items(Pickle::kTuple, {}), true;
      case PickleOp::kEmptyDict:
        return push_items(Pickle::kDict, {}), true;
      case PickleOp::kList:
        return push_items(Pickle::kList, pop_marked()), true;
      case PickleOp::kTuple:
        return push_items(Pickle::kTuple, pop_marked()), true;
      case PickleOp::kTuple1:
      case PickleOp::kTuple2:
      case PickleOp::kTuple3:
        return push_last(Pickle::kTuple, 1 + op - PickleOp::kTuple1), true;
      case PickleOp::kDict: {
        const std::vector<Id> items = pop_marked();
        push_items(Pickle::kDict, {});
        return extend(Pickle::kDict, items), true;
      }
      case PickleOp::kAppend: {
        const Id item = pop();
        return extend(Pickle::kList, {item}), true;
      }
      case PickleOp::kSetItem: {
        const Id value = pop(), key = pop();
        return extend(Pickle::kDict, {key, value}), true;
      }
      case PickleOp::kAppends:
      case PickleOp::kSetItems: {
        const std::vector<Id> items = pop_marked();
        return extend(op == PickleOp::kAppends ? Pickle::kList : Pickle::kDict, items), true;
      }
      default:
        return false;
    }
  }

  bool object(uint8_t op) {
    switch (op) {
      case PickleOp::kGlobal: {
        const std::string module = line();
        return push_global(cat(module, ".", line())), true;
      }
      case PickleOp::kStackGlobal: {
        const Id name = pop(), module = pop();
        if (kind(name) != Pickle::kText || kind(module) != Pickle::kText)
          throw refused("the name of a global is not a string");
        return push_global(cat(pickle_.values[module].text, ".", pickle_.values[name].text)), true;
      }
      case PickleOp::kReduce:
      case PickleOp::kNewObj:
        return call(), true;
      case PickleOp::kBuild:  // attributes of an OrderedDict (torch's _metadata), which are not needed
        pop();
        if (kind(top()) != Pickle::kDict) throw refused("it sets attributes of an object, which weights do not need");
        return true;
      case PickleOp::kBinPersId:
        return push_last(Pickle::kPersistent, 1), true;
      default:
        return false;
    }
  }

  bool memo(uint8_t op) {
    switch (op) {
      case PickleOp::kPut:
        return remember(decimal()), true;
      case PickleOp::kBinPut:
        return remember(byte()), true;
      case PickleOp::kLongBinPut:
        return remember(little(4)), true;
      case PickleOp::kMemoize:
        return remember(memo_.size()), true;
      case PickleOp::kGet:
        return recall(decimal()), true;
      case PickleOp::kBinGet:
        return recall(byte()), true;
      case PickleOp::kLongBinGet:
        return recall(little(4)), true;
      default:
        return false;
    }
  }

  bool stack(uint8_t op) {
    switch (op) {
      case PickleOp::kMark:
        return push({Pickle::kMark, 0, 0, {}, {}}), true;
      case PickleOp::kPop:  // a mark as well
        if (stack_.empty()) throw refused("its stack is empty");
        return stack_.pop_back(), true;
      case PickleOp::kPopMark:
        return pop_marked(), true;
      case PickleOp::kDup:
        return push(top()), true;
      default:
        return false;
    }
  }

  Source& source_;
  const std::vector<std::string>& allowed_;
  const PickleLimits& limits_;
  Pickle pickle_;
  std::vector<Id> stack_;
  std::unordered_map<uint64_t, Id> memo_;
  size_t at_ = 0;    // bytes read
  size_t held_ = 0;  // items in lists and dicts
};

}  // namespace

Pickle read_pickle(Source& source, const std::vector<std::string>& allowed, const PickleLimits& limits) {
  return Machine(source, allowed, limits).read();
}

}  // namespace sr3
