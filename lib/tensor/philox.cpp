#include "tensor/philox.h"

#include "tensor/aten.h"

namespace sr3 {

namespace {

constexpr int64_t kLow = 0xFFFFFFFF;

// The high and the low word of the product of a constant and x. The product's 64 bits are those of int64, which wraps around.
std::array<at::Tensor, 2> product(int64_t constant, const at::Tensor& x) {
  const at::Tensor p = x * constant;
  return {p.bitwise_right_shift(32).bitwise_and_(kLow), p.bitwise_and(kLow)};
}

int64_t round_key(uint64_t seed, uint32_t round, int word) {
  const uint32_t step = word == 0 ? 0x9E3779B9 : 0xBB67AE85;
  return static_cast<uint32_t>(static_cast<uint32_t>(seed >> (32 * word)) + round * step);
}

// Key: a tensor or a number.
template <class Key>
PhiloxWords after_round(const PhiloxWords& counter, const Key& key0, const Key& key1) {
  const auto [high_a, low_a] = product(0xD2511F53, counter[0]);
  const auto [high_b, low_b] = product(0xCD9E8D57, counter[2]);
  return {high_b.bitwise_xor(counter[1]).bitwise_xor(key0), low_b, high_a.bitwise_xor(counter[3]).bitwise_xor(key1),
          low_a};
}

at::Tensor bits_of(const at::Tensor& x) { return x.view(at::kInt); }
at::Tensor floats_of(const at::Tensor& x) { return x.view(at::kFloat); }

// A polynomial by Horner's rule, the coefficient of the highest power first.
at::Tensor polynomial(const at::Tensor& x, std::initializer_list<float> coefficients) {
  const float* const first = coefficients.begin();
  at::Tensor p = x * *first;
  for (size_t i = 1; i + 1 < coefficients.size(); ++i) p.add_(first[i]).mul_(x);
  return p.add_(first[coefficients.size() - 1]);
}

// The same operations in the same order as base/normal.cpp.
at::Tensor log_of(const at::Tensor& u) {
  const at::Tensor bits = bits_of(u).add(0x3f800000 - 0x3f3504f3);
  const at::Tensor e = bits.bitwise_right_shift(23).sub_(127).to(at::kFloat);
  const at::Tensor f = floats_of(bits.bitwise_and(0x007fffff).add_(0x3f3504f3)).sub(1);
  const at::Tensor f2 = f * f;
  at::Tensor p =
      polynomial(f, {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
                     -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f});
  p.mul_(f).mul_(f2);
  p.add_(e * -2.12194440e-4f);
  p.sub_(f2 * 0.5f);
  return (f + p).add_(e * 0.693359375f);
}

std::array<at::Tensor, 2> sine_cosine(const at::Tensor& k) {
  const at::Tensor quarter = (k + (1 << 21)).bitwise_right_shift(22);
  const at::Tensor x =
      (k - quarter * (1 << 22)).to(at::kFloat).mul_(static_cast<float>(6.283185307179586477 / 16777216));
  const at::Tensor x2 = x * x;
  const at::Tensor s =
      polynomial(x2, {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f}).mul_(x2).mul_(x).add_(x);
  at::Tensor c = polynomial(x2, {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f});
  c.mul_(x2).mul_(x2).sub_(x2 * 0.5f).add_(1);
  const at::Tensor swap = quarter.bitwise_and(1).to(at::kBool);
  const auto sign = [](const at::Tensor& turns) { return turns.bitwise_and(2).neg_().add_(1).to(at::kFloat); };
  return {at::where(swap, c, s).mul_(sign(quarter)), at::where(swap, s, c).mul_(sign(quarter + 1))};
}

}  // namespace

at::Tensor philox_round_keys(const std::vector<uint64_t>& seeds) {
  const auto n = static_cast<int64_t>(seeds.size());
  at::Tensor keys = at::empty({10, 2, n, 1}, at::kLong);
  auto* to = keys.data_ptr<int64_t>();
  for (uint32_t round = 0; round < 10; ++round)
    for (int word = 0; word < 2; ++word)
      for (const uint64_t seed : seeds) *to++ = round_key(seed, round, word);
  return keys;
}

PhiloxWords philox_words(PhiloxWords counter, const at::Tensor& round_keys) {
  for (int64_t round = 0; round < 10; ++round) {
    const at::Tensor keys = round_keys[round];
    counter = after_round(counter, keys[0], keys[1]);
  }
  return counter;
}

PhiloxWords philox_words(PhiloxWords counter, uint64_t seed) {
  for (uint32_t round = 0; round < 10; ++round)
    counter = after_round(counter, at::Scalar(round_key(seed, round, 0)), at::Scalar(round_key(seed, round, 1)));
  return counter;
}

at::Tensor philox_normals(const PhiloxWords& words) {
  std::vector<at::Tensor> numbers;
  for (size_t pair = 0; pair < 4; pair += 2) {
    const at::Tensor u = words[pair].bitwise_right_shift(8).add_(1).to(at::kFloat).mul_(0x1p-24f);
    // In float64, because vector libraries round single-precision roots either way. Rounded to float32 it is the nearest number.
    const at::Tensor radius = log_of(u).mul_(-2.0f).to(at::kDouble).sqrt_().to(at::kFloat);
    const auto [sine, cosine] = sine_cosine(words[pair + 1].bitwise_right_shift(8));
    numbers.push_back(radius * cosine);
    numbers.push_back(radius * sine);
  }
  return at::stack(at::broadcast_tensors(numbers), 1);
}

}  // namespace sr3
