/* Counts every call that changes what lies under one folder, over all threads and forked children of a process, and
 * makes the N-th of them fail or kill the process.
 *
 * Preloaded (LD_PRELOAD) and armed by the process itself through fv_arm. strace does the same to one thread at a time
 * and at many times the cost; that both see the same calls is a test. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { COUNT = 0, KILL = 1, NO_SPACE = 2, IO_ERROR = 3, HALF = 4, FULL = 5, STOP = 6 };

static char root[PATH_MAX];
static size_t root_length;
static long at;
static int kind, log_fd = -1, armed;
static long *counter;

/* Arm this process: calls under `folder` are counted, the `number`-th meets `what`, each is noted in `log` (may be -1). */
void fv_arm(const char *folder, long number, int what, int log) {
  snprintf(root, sizeof root, "%s", folder);
  root_length = strlen(root);
  at = number, kind = what, log_fd = log;
  counter = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  armed = 1;
}

void fv_disarm(void) { armed = 0; }
long fv_count(void) { return counter ? __atomic_load_n(counter, __ATOMIC_SEQ_CST) : 0; }

static int inside(const char *path) {
  return !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

static int path_of(int fd, char *to) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, to, PATH_MAX - 1);
  if (length < 0) return 0;
  to[length] = 0;
  return 1;
}

static int full_path(int folder, const char *path, char *to) {
  if (!path) return 0;
  if (path[0] == '/') { snprintf(to, PATH_MAX, "%s", path); return 1; }
  char above[PATH_MAX];
  if (folder == AT_FDCWD) {
    if (syscall(SYS_getcwd, above, sizeof above) < 0) return 0;
  } else if (!path_of(folder, above)) return 0;
  return snprintf(to, PATH_MAX, "%s/%s", above, path) < PATH_MAX;
}

/* 0: go on; an errno: fail with it; -1: write half, then die. `takes_space` is what a full disk refuses. */
static int met(const char *call, const char *path, int takes_space, int writes) {
  if (!armed || !inside(path)) return 0;
  long number = __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
  if (log_fd >= 0 && (!at || number == at)) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", number, call, path + root_length);
    syscall(SYS_write, log_fd, line, length);
  }
  if (kind == FULL) return at && number >= at && takes_space ? ENOSPC : 0;
  if (!at || number != at) return 0;
  switch (kind) {
    case HALF: if (writes) return -1; /* else like a kill */ __attribute__((fallthrough));
    case KILL: syscall(SYS_kill, (pid_t)syscall(SYS_getpid), SIGKILL); for (;;) pause();
    case STOP: syscall(SYS_kill, (pid_t)syscall(SYS_getpid), SIGSTOP); return 0;
    case NO_SPACE: return ENOSPC;
    case IO_ERROR: return EIO;
  }
  return 0;
}

static int met_fd(const char *call, int fd, int takes_space, int writes) {
  char path[PATH_MAX];
  return armed && path_of(fd, path) ? met(call, path, takes_space, writes) : 0;
}

static int met_at(const char *call, int folder, const char *name, int takes_space) {
  char path[PATH_MAX];
  return armed && full_path(folder, name, path) ? met(call, path, takes_space, 0) : 0;
}

static void die(void) { syscall(SYS_kill, (pid_t)syscall(SYS_getpid), SIGKILL); for (;;) pause(); }

/* The clock of this process, shifted by so many seconds: every realtime clock the C library gives. */
static long shift_seconds;
void fv_shift_clock(long seconds) { shift_seconds = seconds; }

#define REAL(result, name, ...) static result (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, #name)
#define FAIL_IF(expression) do { int trouble_ = (expression); if (trouble_ > 0) { errno = trouble_; return -1; } } while (0)

int clock_gettime(clockid_t clock, struct timespec *to) {
  int result = (int)syscall(SYS_clock_gettime, clock, to);
  if (!result && shift_seconds && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) to->tv_sec += shift_seconds;
  return result;
}
time_t time(time_t *to) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (to) *to = now.tv_sec;
  return now.tv_sec;
}
int gettimeofday(struct timeval *restrict to, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  to->tv_sec = now.tv_sec, to->tv_usec = now.tv_nsec / 1000;
  return 0;
}

ssize_t write(int fd, const void *data, size_t size) {
  REAL(ssize_t, write, int, const void *, size_t);
  int found = met_fd("write", fd, 1, 1);
  if (found < 0) { real(fd, data, size / 2); die(); }
  FAIL_IF(found);
  return real(fd, data, size);
}
#define PWRITE(name, offset_t) ssize_t name(int fd, const void *data, size_t size, offset_t offset) { \
  REAL(ssize_t, name, int, const void *, size_t, offset_t); \
  int found = met_fd("pwrite64", fd, 1, 1); \
  if (found < 0) { real(fd, data, size / 2, offset); die(); } \
  FAIL_IF(found); \
  return real(fd, data, size, offset); }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)
ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  int found = met_fd("writev", fd, 1, 1);
  if (found < 0) { real(fd, parts, 1); die(); }
  FAIL_IF(found);
  return real(fd, parts, count);
}
#define PWRITEV(name, offset_t) ssize_t name(int fd, const struct iovec *parts, int count, offset_t offset) { \
  REAL(ssize_t, name, int, const struct iovec *, int, offset_t); \
  int found = met_fd("pwritev", fd, 1, 1); \
  if (found < 0) { real(fd, parts, 1, offset); die(); } \
  FAIL_IF(found); \
  return real(fd, parts, count, offset); }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)
#define SENDFILE(name, offset_t) ssize_t name(int to, int from, offset_t *offset, size_t size) { \
  REAL(ssize_t, name, int, int, offset_t *, size_t); \
  int found = met_fd("sendfile", to, 1, 1); \
  if (found < 0) die(); \
  FAIL_IF(found); \
  return real(to, from, offset, size); }
SENDFILE(sendfile, off_t)
SENDFILE(sendfile64, off64_t)
ssize_t copy_file_range(int from, off64_t *a, int to, off64_t *b, size_t size, unsigned flags) {
  REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *, size_t, unsigned);
  int found = met_fd("copy_file_range", to, 1, 1);
  if (found < 0) die();
  FAIL_IF(found);
  return real(from, a, to, b, size, flags);
}
#define SYNC(name) int name(int fd) { REAL(int, name, int); FAIL_IF(met_fd(#name, fd, 0, 0)); return real(fd); }
SYNC(fsync)
SYNC(fdatasync)
#define TRUNCATE(name, offset_t) int name(int fd, offset_t size) { \
  REAL(int, name, int, offset_t); FAIL_IF(met_fd("ftruncate", fd, 0, 0)); return real(fd, size); }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)
#define ALLOCATE(name, offset_t) int name(int fd, int mode, offset_t from, offset_t size) { \
  REAL(int, name, int, int, offset_t, offset_t); FAIL_IF(met_fd("fallocate", fd, 1, 0)); return real(fd, mode, from, size); }
ALLOCATE(fallocate, off_t)
ALLOCATE(fallocate64, off64_t)
int fchmod(int fd, mode_t mode) { REAL(int, fchmod, int, mode_t); FAIL_IF(met_fd("fchmod", fd, 0, 0)); return real(fd, mode); }

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *); FAIL_IF(met_at("rename", AT_FDCWD, to, 0)); return real(from, to);
}
int renameat(int a, const char *from, int b, const char *to) {
  REAL(int, renameat, int, const char *, int, const char *); FAIL_IF(met_at("rename", b, to, 0)); return real(a, from, b, to);
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
  REAL(int, renameat2, int, const char *, int, const char *, unsigned);
  FAIL_IF(met_at("renameat2", b, to, 0)); return real(a, from, b, to, flags);
}
int unlink(const char *path) { REAL(int, unlink, const char *); FAIL_IF(met_at("unlink", AT_FDCWD, path, 0)); return real(path); }
int unlinkat(int folder, const char *path, int flags) {
  REAL(int, unlinkat, int, const char *, int);
  FAIL_IF(met_at(flags & AT_REMOVEDIR ? "rmdir" : "unlink", folder, path, 0)); return real(folder, path, flags);
}
int remove(const char *path) { REAL(int, remove, const char *); FAIL_IF(met_at("unlink", AT_FDCWD, path, 0)); return real(path); }
int rmdir(const char *path) { REAL(int, rmdir, const char *); FAIL_IF(met_at("rmdir", AT_FDCWD, path, 0)); return real(path); }
int mkdir(const char *path, mode_t mode) { REAL(int, mkdir, const char *, mode_t); FAIL_IF(met_at("mkdir", AT_FDCWD, path, 1)); return real(path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) {
  REAL(int, mkdirat, int, const char *, mode_t); FAIL_IF(met_at("mkdir", folder, path, 1)); return real(folder, path, mode);
}
int symlink(const char *target, const char *path) {
  REAL(int, symlink, const char *, const char *); FAIL_IF(met_at("symlink", AT_FDCWD, path, 1)); return real(target, path);
}
int symlinkat(const char *target, int folder, const char *path) {
  REAL(int, symlinkat, const char *, int, const char *); FAIL_IF(met_at("symlink", folder, path, 1)); return real(target, folder, path);
}
int link(const char *from, const char *to) { REAL(int, link, const char *, const char *); FAIL_IF(met_at("link", AT_FDCWD, to, 1)); return real(from, to); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
  REAL(int, linkat, int, const char *, int, const char *, int); FAIL_IF(met_at("link", b, to, 1)); return real(a, from, b, to, flags);
}
int chmod(const char *path, mode_t mode) { REAL(int, chmod, const char *, mode_t); FAIL_IF(met_at("chmod", AT_FDCWD, path, 0)); return real(path, mode); }
int fchmodat(int folder, const char *path, mode_t mode, int flags) {
  REAL(int, fchmodat, int, const char *, mode_t, int); FAIL_IF(met_at("chmod", folder, path, 0)); return real(folder, path, mode, flags);
}

#define CHANGES(flags) ((flags) & (O_CREAT | O_TRUNC))
#define MODE(flags) mode_t mode = 0; if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
#define OPEN(name) int name(const char *path, int flags, ...) { \
  MODE(flags) REAL(int, name, const char *, int, ...); \
  if (CHANGES(flags)) FAIL_IF(met_at("open", AT_FDCWD, path, 1)); \
  return real(path, flags, mode); }
OPEN(open)
OPEN(open64)
#define OPENAT(name) int name(int folder, const char *path, int flags, ...) { \
  MODE(flags) REAL(int, name, int, const char *, int, ...); \
  if (CHANGES(flags)) FAIL_IF(met_at("open", folder, path, 1)); \
  return real(folder, path, flags, mode); }
OPENAT(openat)
OPENAT(openat64)
FILE *fopen_wrapped(const char *path, const char *mode, FILE *(*real)(const char *, const char *)) {
  if (mode[0] != 'r' || strchr(mode, '+')) {
    int found = met_at("open", AT_FDCWD, path, 1);
    if (found > 0) { errno = found; return NULL; }
  }
  return real(path, mode);
}
FILE *fopen(const char *path, const char *mode) { REAL(FILE *, fopen, const char *, const char *); return fopen_wrapped(path, mode, real); }
FILE *fopen64(const char *path, const char *mode) { REAL(FILE *, fopen64, const char *, const char *); return fopen_wrapped(path, mode, real); }
