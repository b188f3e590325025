#include "format/pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>

#include "base/error.h"
#include "base/options.h"

namespace sr3 {
namespace {

constexpr const char* kOrderedDict = "collections.OrderedDict";

// The machine of Python's pickletools: a stack of values, and a memo. Operations that make objects by calling something
// are kept as descriptions; those that data do not need are refused.
class Machine {
 public:
  Machine(Source& source, const std::vector<std::string>& allowed, const PickleLimits& limits)
      : source_(source), allowed_(allowed), limits_(limits) {}

  Pickle read() {
    while (const uint8_t op = byte())
      if (step(op)) return std::move(pickle_);
    throw refused("it holds the unknown operation 0x00");
  }

 private:
  using Id = Pickle::Id;
  using Kind = Pickle::Kind;

  DataError refused(const std::string& why) const {
    return DataError(cat("cannot read '", source_.name(), "': ", why, " (pickle byte ", at_, ")"));
  }

  // Input.
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
    // In pieces, so that an announced length costs nothing before its bytes are there.
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

  // Stack.
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
  // All above the topmost mark, which goes too.
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
      throw refused(cat("it adds items to what is no ", wanted == Pickle::kList ? "list" : "dict"));
    if (wanted == Pickle::kDict && items.size() % 2 != 0) throw refused("a dict has a key without a value");
    held_ += items.size();
    if (held_ > limits_.values) throw refused("it holds too many values");
    to.items.insert(to.items.end(), items.begin(), items.end());
  }

  void push_global(const std::string& name) {
    if (name != kOrderedDict && std::find(allowed_.begin(), allowed_.end(), name) == allowed_.end())
      throw refused(cat("it asks for '", name, "', which weights do not need"));
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
    if (given.size() > 1) throw refused("an OrderedDict is made of two things");
    if (!given.empty())
      for (const Id pair : pickle_.values[given[0]].items) {
        const Pickle::Value& both = pickle_.values[pair];
        if ((both.kind != Pickle::kList && both.kind != Pickle::kTuple) || both.items.size() != 2)
          throw refused("an OrderedDict is made of what are no pairs");
        items.insert(items.end(), both.items.begin(), both.items.end());
      }
    held_ += items.size();
    if (held_ > limits_.values) throw refused("it holds too many values");
    push_items(Pickle::kDict, std::move(items));
  }

  void remember(uint64_t place) { memo_[place] = top(); }
  void recall(uint64_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) throw refused("it refers to a value that is not there");
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

  // Two's complement, little-endian.
  void push_long(uint64_t n) {
    const std::string bytes = text(n);
    if (n > 8) return push({Pickle::kBytes, 0, 0, bytes, {}});
    uint64_t value = !bytes.empty() && (bytes.back() & 0x80) ? ~uint64_t{0} : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    push_int(static_cast<int64_t>(value));
  }

  // Whether this was the end.
  bool step(uint8_t op) {
    static_assert(std::endian::native == std::endian::little);
    switch (op) {
      case 0x80:  // PROTO
        if (const int protocol = byte(); protocol > 5) throw refused(cat("its protocol ", protocol, " is unknown"));
        break;
      case 0x95:
        little(8);
        break;  // FRAME
      case '.':
        pickle_.root = pop();
        return true;
      case '(':
        push({Pickle::kMark, 0, 0, {}, {}});
        break;
      case '0':  // POP takes a mark as well
        if (stack_.empty()) throw refused("its stack is empty");
        stack_.pop_back();
        break;
      case '1':
        pop_marked();
        break;
      case '2':
        push(top());
        break;
      case 'N':
        push({Pickle::kNone, 0, 0, {}, {}});
        break;
      case 0x88:
        push({Pickle::kBool, 1, 0, {}, {}});
        break;
      case 0x89:
        push({Pickle::kBool, 0, 0, {}, {}});
        break;
      case 'I':
      case 'L':
        push_decimal(line());
        break;
      case 'J':
        push_int(static_cast<int32_t>(little(4)));
        break;
      case 'K':
        push_int(byte());
        break;
      case 'M':
        push_int(static_cast<int64_t>(little(2)));
        break;
      case 0x8a:
        push_long(byte());
        break;
      case 0x8b:
        push_long(little(4));
        break;
      case 'F':
        try {
          push({Pickle::kFloat, 0, parse_double(line()), {}, {}});
        } catch (const UsageError&) {
          throw refused("a number is damaged");
        }
        break;
      case 'G': {
        const uint64_t bits = __builtin_bswap64(little(8));
        push({Pickle::kFloat, 0, std::bit_cast<double>(bits), {}, {}});
        break;
      }
      case 'X':
      case 'T':
        push({Pickle::kText, 0, 0, text(little(4)), {}});
        break;
      case 0x8c:
      case 'U':
        push({Pickle::kText, 0, 0, text(byte()), {}});
        break;
      case 0x8d:
        push({Pickle::kText, 0, 0, text(little(8)), {}});
        break;
      case 'B':
        push({Pickle::kBytes, 0, 0, text(little(4)), {}});
        break;
      case 'C':
        push({Pickle::kBytes, 0, 0, text(byte()), {}});
        break;
      case 0x8e:
        push({Pickle::kBytes, 0, 0, text(little(8)), {}});
        break;
      case ']':
        push_items(Pickle::kList, {});
        break;
      case ')':
        push_items(Pickle::kTuple, {});
        break;
      case '}':
        push_items(Pickle::kDict, {});
        break;
      case 'l':
        push_items(Pickle::kList, pop_marked());
        break;
      case 't':
        push_items(Pickle::kTuple, pop_marked());
        break;
      case 'd': {
        const std::vector<Id> items = pop_marked();
        push_items(Pickle::kDict, {});
        extend(Pickle::kDict, items);
        break;
      }
      case 0x85:
        push_last(Pickle::kTuple, 1);
        break;
      case 0x86:
        push_last(Pickle::kTuple, 2);
        break;
      case 0x87:
        push_last(Pickle::kTuple, 3);
        break;
      case 'a': {
        const Id item = pop();
        extend(Pickle::kList, {item});
        break;
      }
      case 'e': {
        const std::vector<Id> items = pop_marked();
        extend(Pickle::kList, items);
        break;
      }
      case 's': {
        const Id value = pop(), key = pop();
        extend(Pickle::kDict, {key, value});
        break;
      }
      case 'u': {
        const std::vector<Id> items = pop_marked();
        extend(Pickle::kDict, items);
        break;
      }
      case 'c': {
        const std::string module = line();
        push_global(cat(module, ".", line()));
        break;
      }
      case 0x93: {  // STACK_GLOBAL
        const Id name = pop(), module = pop();
        if (kind(name) != Pickle::kText || kind(module) != Pickle::kText) throw refused("a global's name is no text");
        push_global(cat(pickle_.values[module].text, ".", pickle_.values[name].text));
        break;
      }
      case 'R':
      case 0x81:
        call();
        break;
      case 'b':  // BUILD: attributes of an OrderedDict (torch's _metadata), which are not needed
        pop();
        if (kind(top()) != Pickle::kDict) throw refused("it sets attributes of an object, which weights do not need");
        break;
      case 'Q':
        push_last(Pickle::kPersistent, 1);
        break;
      case 'p':
        remember(decimal());
        break;
      case 'q':
        remember(byte());
        break;
      case 'r':
        remember(little(4));
        break;
      case 0x94:
        remember(memo_.size());
        break;
      case 'g':
        recall(decimal());
        break;
      case 'h':
        recall(byte());
        break;
      case 'j':
        recall(little(4));
        break;
      default: {
        char code[8];
        std::snprintf(code, sizeof code, "0x%02x", op);
        throw refused(cat("unsupported pickle opcode ", code));
      }
    }
    return false;
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
