#include "base/ordered_map.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

using namespace sr3;

namespace {

auto count_to(int end) {
  return [i = 0, end]() mutable -> std::optional<int> {
    if (i == end) return std::nullopt;
    return i++;
  };
}

}  // namespace

TEST_CASE("results come in order, however long each takes") {
  for (int threads : {1, 2, 7}) {
    OrderedMap<int, std::string> map(threads, count_to(200), [](int i) {
      std::this_thread::sleep_for(std::chrono::microseconds((i * 37) % 200));
      return std::to_string(i);
    });
    for (int i = 0; i < 200; ++i) CHECK(map.next() == std::to_string(i));
    CHECK(!map.next());
    CHECK(!map.next());
  }
}

TEST_CASE("an exception stands in its item's place, and the rest follows") {
  OrderedMap<int, int> map(3, count_to(10), [](int i) {
    if (i == 4) throw std::runtime_error("four");
    return i;
  });
  for (int i = 0; i < 4; ++i) CHECK(map.next() == i);
  CHECK_THROWS_WITH(map.next(), "four");
  for (int i = 5; i < 10; ++i) CHECK(map.next() == i);
  CHECK(!map.next());
}

TEST_CASE("an exception of the source ends the sequence") {
  OrderedMap<int, int> map(
      3,
      [i = 0]() mutable -> std::optional<int> {
        if (i == 2) throw std::runtime_error("source");
        return i++;
      },
      [](int i) { return i; });
  CHECK(map.next() == 0);
  CHECK(map.next() == 1);
  CHECK_THROWS_WITH(map.next(), "source");
  CHECK(!map.next());
}

TEST_CASE("no more than twice the threads are taken ahead, and leaving early ends it") {
  std::atomic<int> taken = 0;
  {
    OrderedMap<int, int> map(
        2, [&]() -> std::optional<int> { return taken++; }, [](int i) { return i; });
    CHECK(map.next() == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(taken <= 5);
  }
  OrderedMap<int, int> empty(2, count_to(0), [](int i) { return i; });
  CHECK(!empty.next());
}
