// simt_settings.inl - environment variables, read once.
namespace simt {
struct Settings {
  int threads, schedule = 0, arch = 90, sms = 4;
  uint64_t seed = 1;
  bool early = false, lazy = true;
  size_t heap = size_t(1024) << 20;
};
static long env_number(const char* name, long fallback, long least) {
  const char* e = getenv(name);
  long v = e && *e ? strtol(e, nullptr, 10) : fallback;
  return v < least ? least : v;
}
static Settings read_settings() {
  Settings s;
#ifdef SIMT_CHECK
  s.threads = int(env_number("SIMT_THREADS", 1, 1));  // shadow cells are not atomic: several workers make reports vary
#else
  s.threads = int(env_number("SIMT_THREADS", long(std::thread::hardware_concurrency()), 1));
#endif
  if (const char* e = getenv("SIMT_SCHEDULE")) {
    if (!strcmp(e, "reverse")) s.schedule = 1;
    if (!strncmp(e, "random", 6)) {
      s.schedule = 2;
      if (e[6] == ':') s.seed = strtoull(e + 7, nullptr, 10);
    }
  }
  if (const char* e = getenv("SIMT_ASYNC")) s.early = !strcmp(e, "early");
  if (const char* e = getenv("SIMT_LAZY")) s.lazy = strcmp(e, "0") != 0;
  s.arch = env_number("SIMT_ARCH", 90, 80) < 90 ? 80 : 90;
  s.sms = int(env_number("SIMT_SMS", 4, 1));
  s.heap = size_t(env_number("SIMT_HEAP_MB", 1024, 16)) << 20;
  return s;
}
static Settings& settings() {
  static Settings s = read_settings();
  return s;
}
}  // namespace simt
