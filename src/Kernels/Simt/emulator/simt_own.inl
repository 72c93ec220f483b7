// simt_own.inl - the library's own functions, declared in simt_api.h.
extern "C" {
API int simt_version() { return 1; }
API int simt_is_checked() {
#ifdef SIMT_CHECK
  return 1;
#else
  return 0;
#endif
}
API const char* simt_last_error() { return simt::t_error.c_str(); }
API void simt_schedule(int mode, uint64_t seed) {
  std::lock_guard<std::recursive_mutex> g(simt::driver().m);
  simt::settings().schedule = mode;
  simt::settings().seed = seed;
  simt::driver().rng = seed;
}
API void simt_async(int early) { simt::settings().early = early != 0; }
API void simt_lazy(int on) {
  std::lock_guard<std::recursive_mutex> g(simt::driver().m);
  simt::settings().lazy = on != 0;
}
API int simt_kernel_count() {
  int n = 0;
  for (simt::Kernel* k = simt::g_kernels; k; k = k->next) n++;
  return n;
}
API const char* simt_kernel_name(int index) {
  for (simt::Kernel* k = simt::g_kernels; k; k = k->next)
    if (index-- == 0) return k->name;
  return nullptr;
}
API int simt_kernel_args(const char* name, uint16_t* sizes, int cap) {
  auto* k = simt::find(name);
  if (!k) return -1;
  for (int i = 0; i < k->nargs && i < cap; i++) sizes[i] = k->sizes[i];
  return k->nargs;
}
API uint64_t simt_last_switches() { return simt::g_last_switches; }
API int simt_launch(const char* name, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                    unsigned shared, void** args) {
  auto* k = simt::find(name);
  if (!k) return simt::error(simt::kNotFound, std::string("no kernel ") + name);
  if (int r = simt::check_launch(k, {gx, gy, gz}, {bx, by, bz}, shared, false)) return r;
  return simt::launch(k, {gx, gy, gz}, {bx, by, bz}, shared, args);
}
API void* simt_malloc(size_t n) { return simt::dev_alloc(n); }
API void simt_free(void* p) { simt::dev_free(p); }
API void simt_note_host_write(void* p, size_t n) { simt::host_wrote(p, n); }
}
