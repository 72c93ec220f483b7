// simt_warp.inl - shuffles, votes, reductions: each one function that runs when the last lane of the mask has arrived.
namespace simt {
struct ShflMsg {
  uint64_t in, out;
  int src;
};
static void shfl_fn(void* const* p, uint32_t mask) {
  for (uint32_t m = mask; m; m &= m - 1) {
    auto* x = static_cast<ShflMsg*>(p[__builtin_ctz(m)]);
    if (!((mask >> x->src) & 1))
      fail("line %d: shuffle reads lane %d, which does not take part (mask %08x)", cur->line, x->src, mask);
    x->out = static_cast<ShflMsg*>(p[x->src])->in;
  }
}
uint64_t shfl(uint32_t mask, uint64_t v, int mode, int arg, int width, int line) {
  if (width < 1 || width > 32 || (width & (width - 1))) fail("line %d: shuffle width %d is not a power of two", line, width);
  int lane = int(cur->lane), lo = lane & ~(width - 1), hi = lo + width - 1, s = lane;
  switch (mode) {
    case 0: s = lo + (arg & (width - 1)); break;
    case 1: s = lane - arg < lo ? lane : lane - arg; break;
    case 2: s = lane + arg > hi ? lane : lane + arg; break;
    default: s = (lane ^ arg) > hi ? lane : lane ^ arg;
  }
  ShflMsg m{v, 0, s};
  collective(mask, shfl_fn, &m, false, line);
  return m.out;
}

struct VoteMsg {
  int pred;
  uint32_t out;
};
static uint32_t ballot(void* const* p, uint32_t mask) {
  uint32_t r = 0;
  for (uint32_t m = mask; m; m &= m - 1) {
    int l = __builtin_ctz(m);
    if (static_cast<VoteMsg*>(p[l])->pred) r |= 1u << l;
  }
  return r;
}
static void answer(void* const* p, uint32_t mask, uint32_t r) {
  for (uint32_t m = mask; m; m &= m - 1) static_cast<VoteMsg*>(p[__builtin_ctz(m)])->out = r;
}
static void ballot_fn(void* const* p, uint32_t mask) { answer(p, mask, ballot(p, mask)); }
static void all_fn(void* const* p, uint32_t mask) { answer(p, mask, ballot(p, mask) == mask); }
uint32_t vote(uint32_t mask, int pred, int mode, int line) {
  VoteMsg m{pred, 0};
  collective(mask, mode ? all_fn : ballot_fn, &m, false, line);
  return m.out;
}

struct ReduceMsg {
  uint32_t v;
  int mode;
};
static uint32_t reduce_two(uint32_t a, uint32_t b, int mode) {
  switch (mode) {
    case 0: return a + b;
    case 1: return std::min(a, b);
    case 2: return uint32_t(std::min(int(a), int(b)));
    case 3: return std::max(a, b);
    case 4: return uint32_t(std::max(int(a), int(b)));
    case 5: return a & b;
    default: return a | b;
  }
}
static void reduce_fn(void* const* p, uint32_t mask) {
  auto* first = static_cast<ReduceMsg*>(p[__builtin_ctz(mask)]);
  uint32_t r = first->v;
  for (uint32_t m = mask & (mask - 1); m; m &= m - 1) {
    auto* x = static_cast<ReduceMsg*>(p[__builtin_ctz(m)]);
    if (x->mode != first->mode) fail("line %d: lanes of a warp ask for different reductions", cur->line);
    r = reduce_two(r, x->v, x->mode);
  }
  for (uint32_t m = mask; m; m &= m - 1) static_cast<ReduceMsg*>(p[__builtin_ctz(m)])->v = r;
}
uint32_t reduce(uint32_t mask, uint32_t v, int mode, int line) {
  ReduceMsg m{v, mode};
  collective(mask, reduce_fn, &m, false, line);
  return m.v;
}

static void syncwarp_fn(void* const*, uint32_t) {
  Warp* w = cur->warp;
  w->clk++;
#ifdef SIMT_CHECK
  cur->blk->vc[w->index][w->index] = w->clk;
#endif
}
}  // namespace simt
void __syncwarp(unsigned mask, int line) { simt::collective(mask, simt::syncwarp_fn, nullptr, false, line); }

// ---- sums and maxima of a whole warp
namespace ptx {
using namespace simt;
// All lanes end with the same value, and with the bits that a butterfly of xor shuffles gives on the device.
template <class T, class F>
static inline void butterfly(void* const* p, F f) {
  T v[32], w[32];
  for (int l = 0; l < 32; l++) v[l] = *static_cast<T*>(p[l]);
  for (int o = 16; o; o >>= 1) {
    for (int l = 0; l < 32; l++) w[l] = f(v[l], v[l ^ o]);
    memcpy(v, w, sizeof v);
  }
  for (int l = 0; l < 32; l++) *static_cast<T*>(p[l]) = v[l];
}
template <class T>
static void sum_fn(void* const* p, uint32_t) {
  butterfly<T>(p, [](T a, T b) { return a + b; });
}
static void max_fn(void* const* p, uint32_t) {
  butterfly<float>(p, [](float a, float b) { return fmaxf(a, b); });
}
float warp_sum(float v, int line) {
  collective(~0u, sum_fn<float>, &v, true, line);
  return v;
}
double warp_sum(double v, int line) {
  collective(~0u, sum_fn<double>, &v, true, line);
  return v;
}
int warp_sum(int v, int line) {
  collective(~0u, sum_fn<int>, &v, true, line);
  return v;
}
float warp_max(float v, int line) {
  collective(~0u, max_fn, &v, true, line);
  return v;
}
}  // namespace ptx
