#include "parallel/process_group.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <queue>
#include <thread>

#include "base/error.h"
#include "base/options.h"
#include "base/rng.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

// Processes that are threads, and letters between each two of them.
class Post {
 public:
  explicit Post(int64_t size) : boxes_(static_cast<size_t>(size * size)), size_(size) {}
  void put(int64_t from, int64_t to, const at::Tensor& letter) {
    const std::lock_guard lock(mutex_);
    boxes_[box(from, to)].push(letter.clone());
    sent_[from] += letter.numel();
    came_.notify_all();
  }
  at::Tensor take(int64_t from, int64_t to) {
    std::unique_lock lock(mutex_);
    auto& letters = boxes_[box(from, to)];
    came_.wait(lock, [&] { return !letters.empty() || gone_.contains(from); });
    if (letters.empty()) throw LostProcess(gone_.at(from));
    const at::Tensor letter = letters.front();
    letters.pop();
    return letter;
  }
  // The numbers that a process has put into its letters.
  int64_t sent(int64_t from) {
    const std::lock_guard lock(mutex_);
    return sent_[from];
  }
  void leave(int64_t process, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    gone_.emplace(process, reason);
    came_.notify_all();
  }

 private:
  size_t box(int64_t from, int64_t to) const { return static_cast<size_t>(from * size_ + to); }

  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::queue<at::Tensor>> boxes_;
  int64_t size_;
  std::map<int64_t, int64_t> sent_;
  std::map<int64_t, std::string> gone_;  // the processes that have left, and why
};

class PostLink : public Link {
 public:
  PostLink(Post& post, int64_t rank) : post_(post), rank_(rank) {}
  void exchange(int64_t process, const at::Tensor& out, const at::Tensor& in) override {
    if (out.defined()) post_.put(rank_, process, out);
    if (!in.defined()) return;
    const at::Tensor letter = post_.take(process, rank_);
    REQUIRE(letter.nbytes() == in.nbytes());
    if (letter.nbytes() > 0) std::memcpy(in.data_ptr(), letter.data_ptr(), letter.nbytes());
  }
  void leave(const std::string& reason) override { post_.leave(rank_, reason); }
  int64_t on_this_machine() const override { return 1; }
  int64_t number_on_this_machine() const override { return 0; }
  std::string computer() const override { return machine_; }
  bool can_use(const at::Device& device) const override { return connects_ && device.is_cuda(); }
  void use_device(const at::Device& device) override { used_ += device.str(); }

  // As if it ran on this machine, whose GPUs can be connected or not.
  std::string machine_ = "one", used_;
  bool connects_ = false;

 private:
  Post& post_;
  int64_t rank_;
};

// Runs `work` as each of `size` processes at the same time. Returns how many numbers each has sent.
std::vector<int64_t> as_processes(int64_t size, const std::function<void(ProcessGroup&)>& work) {
  Post post(size);
  std::vector<std::thread> threads;
  for (int64_t rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      ProcessGroup group(rank, size, std::make_unique<PostLink>(post, rank));
      work(group);
    });
  for (std::thread& thread : threads) thread.join();
  std::vector<int64_t> sent;
  for (int64_t rank = 0; rank < size; ++rank) sent.push_back(post.sent(rank));
  return sent;
}

// Gradients whose sum depends on the order of additions: of very different sizes.
std::vector<float> numbers(int64_t part, int64_t count) {
  RandomStream random(7, static_cast<uint64_t>(part), 99);
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>((random.uniform() - 0.5) * std::pow(10.0, 8 * random.uniform() - 4)));
  return values;
}

// The header's formula, for one number of each part.
float slow_sum(const std::vector<float>& leaves, size_t a, size_t b) {
  if (b - a == 1) return leaves[a];
  const size_t m = a + (b - a + 1) / 2;
  return slow_sum(leaves, a, m) + slow_sum(leaves, m, b);
}

at::Tensor tensor_of(const std::vector<float>& values) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())});
  std::memcpy(tensor.data_ptr<float>(), values.data(), values.size() * sizeof(float));
  return tensor;
}

}  // namespace

TEST_CASE("the sum over the processes has the bits of the tree, whatever their number") {
  constexpr int64_t kCount = 1000;
  for (const int64_t parts : {1, 2, 3, 4, 6, 8, 12, 16, 24}) {
    std::vector<uint32_t> expected;
    for (int64_t i = 0; i < kCount; ++i) {
      std::vector<float> leaves;
      for (int64_t part = 0; part < parts; ++part) leaves.push_back(numbers(part, kCount)[static_cast<size_t>(i)]);
      expected.push_back(std::bit_cast<uint32_t>(slow_sum(leaves, 0, leaves.size())));
    }
    for (const int64_t processes : {1, 2, 4, 8}) {
      if (parts % processes != 0) continue;
      CAPTURE(parts);
      CAPTURE(processes);
      std::mutex mutex;
      int64_t equal = 0;
      as_processes(processes, [&](ProcessGroup& group) {
        const int64_t share = parts / group.size();
        // Two tensors, so that several are in one message.
        const auto sums = tree_sum(group.rank() * share, (group.rank() + 1) * share, [](int64_t part) {
          const at::Tensor all = tensor_of(numbers(part, kCount));
          return std::vector<at::Tensor>{all.narrow(0, 0, 300).clone().view({3, 100}), all.narrow(0, 300, 700).clone()};
        });
        group.sum(sums);
        const at::Tensor all = at::cat({sums[0].view({300}), sums[1]});
        const std::lock_guard lock(mutex);
        equal += std::memcmp(all.data_ptr(), expected.data(), expected.size() * 4) == 0;
      });
      CHECK(equal == processes);
    }
  }
}

TEST_CASE("a sum sends no more than twice the numbers, also of fewer numbers than processes") {
  for (const int64_t count : {1, 2, 3, 5, 1000, 1027})
    for (const int64_t processes : {1, 2, 4, 8, 16}) {
      CAPTURE(count);
      CAPTURE(processes);
      std::mutex mutex;
      int64_t right = 0;
      const auto sent = as_processes(processes, [&](ProcessGroup& group) {
        const at::Tensor mine = at::arange(count).to(at::kFloat) + static_cast<double>(group.rank());
        group.sum({mine});
        const at::Tensor all = (at::arange(count) * processes + processes * (processes - 1) / 2).to(at::kFloat);
        const std::lock_guard lock(mutex);
        right += at::equal(mine, all);
      });
      CHECK(right == processes);
      // 2 n (P-1)/P each, but for the rounding of halves, one a round.
      int64_t total = 0;
      for (const int64_t one : sent) {
        CHECK(std::abs(one - 2.0 * static_cast<double>(count * (processes - 1)) / static_cast<double>(processes)) <=
              2 * std::log2(processes));
        total += one;
      }
      CHECK(total == 2 * count * (processes - 1));
    }
}

TEST_CASE("the numbers are such that another order gives other bits") {
  int64_t differ = 0;
  for (size_t i = 0; i < 1000; ++i) {
    std::vector<float> leaves;
    float in_turn = 0;
    for (int64_t part = 0; part < 8; ++part) {
      leaves.push_back(numbers(part, 1000)[i]);
      in_turn = part == 0 ? leaves[0] : in_turn + leaves.back();
    }
    differ += slow_sum(leaves, 0, 8) != in_turn;
  }
  CHECK(differ > 100);
}

TEST_CASE("tensors larger than a message, and of channels-last order, are summed and taken over") {
  std::mutex mutex;
  int64_t right = 0;
  as_processes(2, [&](ProcessGroup& group) {
    const auto mine = static_cast<float>(group.rank() + 1);
    const at::Tensor small = at::full({2, 3, 4, 5}, mine).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor large = at::full({(int64_t{1} << 22) + 5}, mine), last = at::full({7}, mine);
    small[1][2][3].fill_(mine * 10);
    group.sum({small, large, last});
    bool all = small.is_contiguous(at::MemoryFormat::ChannelsLast) && small[0][0][0][0].item<float>() == 3 &&
               small[1][2][3][4].item<float>() == 30 && large.min().item<float>() == 3 &&
               large.max().item<float>() == 3 && last.sum().item<float>() == 21;
    last.fill_(static_cast<float>(group.rank()) + 5);
    group.take_from_first({last, small});
    all = all && last.sum().item<float>() == 35;
    const std::lock_guard lock(mutex);
    right += all;
  });
  CHECK(right == 2);
}

TEST_CASE("slices that each process has changed reach all, and tensors are collected and dealt by slices") {
  // More numbers than a message has, tensors of one process and of many, and slices of unequal sizes.
  const std::vector<int64_t> sizes = {3, 0, (int64_t{1} << 23) + 1, 2, 7};
  for (const int64_t processes : {1, 2, 4, 8}) {
    std::mutex mutex;
    int64_t right = 0;
    as_processes(processes, [&](ProcessGroup& group) {
      std::vector<at::Tensor> tensors;
      for (const int64_t size : sizes) tensors.push_back(at::full({size}, -1.0f));
      const Slices slices(tensors, group.size());
      const Span own = slices.of(group.rank(), group.rank() + 1);
      slices.set(own, at::arange(own.begin, own.end, at::kFloat));
      group.exchange_slices(slices);
      int64_t begin = 0;
      bool all = true;
      for (const at::Tensor& tensor : tensors) {
        all = all && at::equal(tensor, at::arange(begin, begin + tensor.numel(), at::kFloat));
        begin += tensor.numel();
      }
      for (size_t i = 0; i < tensors.size(); ++i) {
        const Span part = slices.of_tensor(group.rank(), i);
        const at::Tensor mine = tensors[i].narrow(0, part.begin, part.size()) * 2;
        const at::Tensor whole = group.first() ? at::empty_like(tensors[i]) : at::Tensor();
        group.collect(slices, i, mine, whole);
        if (group.first()) all = all && at::equal(whole, tensors[i] * 2);
        const at::Tensor back = at::empty_like(mine);
        group.deal(slices, i, whole, back);
        all = all && at::equal(back, mine);
      }
      const std::lock_guard lock(mutex);
      right += all;
    });
    CAPTURE(processes);
    CHECK(right == processes);
  }
}

TEST_CASE("texts and numbers are gathered in the order of the processes") {
  std::mutex mutex;
  int64_t right = 0;
  as_processes(8, [&](ProcessGroup& group) {
    const auto rank = static_cast<double>(group.rank());
    const std::string own(static_cast<size_t>(group.rank()), static_cast<char>(0xf0 + group.rank()));
    const auto texts = group.gather(own);
    const auto values = group.gather_numbers({rank, -rank});
    bool all = texts.size() == 8 && values.size() == 16;
    for (size_t i = 0; all && i < 8; ++i)
      all = texts[i] == std::string(i, static_cast<char>(0xf0 + i)) && values[2 * i] == static_cast<double>(i) &&
            values[2 * i + 1] == -static_cast<double>(i);
    int calls = 0;
    all = all && group.of_first([&] { return ++calls, cat("from ", group.rank()); }) == "from 0";
    all = all && calls == (group.first() ? 1 : 0);
    const std::lock_guard lock(mutex);
    right += all;
  });
  CHECK(right == 8);
}

TEST_CASE("an exception of one process ends all with its words") {
  std::mutex mutex;
  std::vector<std::string> said(4);
  as_processes(4, [&](ProcessGroup& group) {
    try {
      group.together([&] {
        if (group.rank() == 2) throw DataError("cannot read 'x.png': it is damaged");
        group.gather("");
        return 0;
      });
    } catch (const Error& error) {
      const std::lock_guard lock(mutex);
      said[static_cast<size_t>(group.rank())] = error.what();
    }
  });
  CHECK(said[2] == "cannot read 'x.png': it is damaged");
  for (const size_t other : {0, 1, 3}) CHECK(said[other] == "process 2 failed: cannot read 'x.png': it is damaged");
}

TEST_CASE("the processes that can share a step's parts") {
  for (const auto& [processes, parts] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 7}, {2, 2}, {2, 6}, {4, 12}, {8, 8}})
    CHECK_NOTHROW(require_fitting(processes, parts));
  const auto refusal = [](int64_t processes, int64_t parts) {
    try {
      require_fitting(processes, parts);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refusal(2, 1).ends_with("start 1, or give --accumulate 2 or a multiple of it"));
  CHECK(refusal(8, 12).find("start 1, 2 or 4, or give --accumulate 8") != std::string::npos);
  CHECK(refusal(3, 6).ends_with("the 6 parts of a step's examples (--accumulate): start 1 or 2"));
  CHECK(refusal(16, 8).find("start 1, 2, 4 or 8") != std::string::npos);
}

TEST_CASE("options that differ between processes are refused by name, except a process's own") {
  const auto refusal = [](const std::string& name, const std::string& of_second) {
    std::mutex mutex;
    std::vector<std::string> said(2);
    as_processes(2, [&](ProcessGroup& group) {
      int64_t steps = 0, threads = 0;
      Options options;
      options.group(groups::kTraining);
      options.add("steps", 0, &steps, "N", at_least(1), "");
      options.add("time-limit", 0, &threads, "N", at_least(1), "");
      options.mark_given(name, "5");
      if (group.rank() == 1 && of_second.empty()) options = Options();
      if (group.rank() == 1 && !of_second.empty()) options.mark_given(name, of_second);
      try {
        require_same_options(group, options, {"time-limit"});
      } catch (const UsageError& error) {
        const std::lock_guard lock(mutex);
        said[static_cast<size_t>(group.rank())] = error.what();
      }
    });
    CHECK(said[0] == said[1]);
    return said[0];
  };
  CHECK(refusal("steps", "5").empty());
  CHECK(refusal("time-limit", "6").empty());
  CHECK(refusal("steps", "6").starts_with("process 0 was given --steps 5, but process 1 --steps 6"));
  CHECK(refusal("steps", "").starts_with("process 0 was given --steps 5, but process 1 no --steps"));
}

TEST_CASE("devices are connected if each process has a GPU of its own that can be") {
  struct Case {
    std::vector<std::string> machines, devices;
    std::vector<bool> connect;
    bool wanted;
  };
  const std::vector<Case> all = {
      {{"one", "one"}, {"cuda:0", "cuda:1"}, {true, true}, true},
      {{"one", "two"}, {"cuda:0", "cuda:0"}, {true, true}, true},
      {{"one", "one"}, {"cuda:0", "cuda:0"}, {true, true}, false},
      {{"one", "one"}, {"cuda:0", "cuda:1"}, {true, false}, false},
      {{"one", "two"}, {"cuda:0", "cpu"}, {true, true}, false},
      {{"one", "two"}, {"cpu", "cpu"}, {true, true}, false},
  };
  for (const Case& c : all) {
    CAPTURE(&c - all.data());
    Post post(2);
    std::vector<std::string> used(2);
    std::vector<std::thread> threads;
    for (size_t rank = 0; rank < 2; ++rank)
      threads.emplace_back([&, rank] {
        auto link = std::make_unique<PostLink>(post, static_cast<int64_t>(rank));
        link->machine_ = c.machines[rank], link->connects_ = c.connect[rank];
        const PostLink& seen = *link;
        ProcessGroup group(static_cast<int64_t>(rank), 2, std::move(link));
        for (int stage = 0; stage < 2; ++stage) group.use_device(at::Device(c.devices[rank]));  // connects once
        used[rank] = seen.used_;
      });
    for (std::thread& thread : threads) thread.join();
    for (size_t rank = 0; rank < 2; ++rank) CHECK(used[rank] == (c.wanted ? c.devices[rank] : ""));
  }
}
