#include "data/epoch_order.h"

#include <doctest/doctest.h>

#include <set>

using namespace sr3;

TEST_CASE("an epoch has each image once, in its own order, which does not depend on where reading starts") {
  EpochOrder order(10, 3), other(10, 4), late(10, 3);
  std::vector<int64_t> first, second, others;
  for (int64_t e = 0; e < 10; ++e) first.push_back(order(e)), others.push_back(other(e));
  for (int64_t e = 10; e < 20; ++e) second.push_back(order(e));
  CHECK(std::set(first.begin(), first.end()).size() == 10);
  CHECK(std::set(second.begin(), second.end()).size() == 10);
  CHECK(first != second);
  CHECK(first != others);
  CHECK(late(15) == second[5]);
}
