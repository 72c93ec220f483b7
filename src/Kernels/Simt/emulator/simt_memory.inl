// simt_memory.inl - shared memory of the running block; cp.async.
namespace simt {
void* dyn_smem() { return W->arena; }
void* static_smem(const void* key, size_t bytes, size_t align) {
  Worker* wk = W;
  Block& b = wk->b;
  for (int i = 0; i < b.nstatics; i++)
    if (b.statics[i].key == key) return wk->arena + b.statics[i].off;
#ifdef SIMT_CHECK
  size_t off = (b.smem_used + 64 + align - 1) & ~(align - 1);  // red zone
#else
  size_t off = (b.smem_used + align - 1) & ~(align - 1);
#endif
  if (b.nstatics == 16 || off + bytes > kArena) fail("too much static shared memory");
  size_t total = bytes;
  for (int i = 0; i < b.nstatics; i++) total += b.statics[i].bytes;
  if (total > 48 * 1024) fail("%zu bytes of static shared memory, allowed are 49152", total);
  b.statics[b.nstatics++] = {key, uint32_t(off), uint32_t(bytes)};
  b.smem_used = uint32_t(off + bytes);
  memset(wk->arena + off, 0xff, bytes);
  return wk->arena + off;
}
uint32_t smem_offset(const void* p, size_t bytes, int line) {
  size_t o = size_t(static_cast<const char*>(p) - W->arena);
  if (o + bytes > W->b.smem_used) fail_code(kOutOfBounds, "line %d: address is not in this block's shared memory", line);
  return uint32_t(o);
}

// ---- cp.async: performed at the wait (late) or at issue (early)
static inline void perform(const AsyncCopy& c, int line) {
  SIMT_NOTE(pending_async(c.dst, c.bytes, false));
  SIMT_NOTE(if (c.valid) note_read(c.src, c.valid, line));
  SIMT_NOTE(note_write(c.dst, c.bytes, line));
  (void)line;
  memcpy(c.dst, c.src, c.valid);
  memset(static_cast<char*>(c.dst) + c.valid, 0, c.bytes - c.valid);
}
void cp_async(void* dst, const void* src, unsigned bytes, unsigned valid, int line) {
  if ((reinterpret_cast<uintptr_t>(dst) | (valid ? reinterpret_cast<uintptr_t>(src) : 0)) % bytes)
    fail_code(kMisaligned, "line %d: cp.async: misaligned address", line);
  smem_offset(dst, bytes, line);
  SIMT_NOTE(check_async_target(dst, bytes, line));
  SIMT_NOTE(pending_async(dst, bytes, true));
  AsyncState& a = W->async[cur->linear];
  AsyncCopy c{dst, src, bytes, valid, a.committed};
  if (settings().early) return perform(c, line);
  W->b.any_async = true;
  a.q.push_back(c);
}
void cp_async_commit() {
  W->b.any_async = true;
  W->async[cur->linear].committed++;
}
void cp_async_wait(unsigned pending, int line) {
  AsyncState& a = W->async[cur->linear];
  size_t keep = 0;
  for (auto& c : a.q) {
    if (c.group + pending < a.committed)
      perform(c, line);
    else
      a.q[keep++] = c;
  }
  a.q.resize(keep);
}
}  // namespace simt
