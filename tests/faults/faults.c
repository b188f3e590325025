/* An LD_PRELOAD library in which one call goes wrong: the FAULT_AT-th (from 1) of the calls FAULT_CALL, which is open (open and its
   kin, fopen and mkdir, for writing), write (write, fwrite, fflush), fsync, rename (rename, linkat) or close (close, fclose). Only
   regular files that are open for writing count, but for standard error, and with FAULT_CALL=pipe the writes to pipes. FAULT_KIND is
   an errno as a number with which the call fails, "short" for a write of half of its bytes, "term" for a SIGTERM before the call, or
   "kill" for a SIGKILL in its place. A counter of the calls is kept in the file FAULT_COUNT, if it is set. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int calls;

static int opens_for_writing(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0; }

/* Which call a write to the descriptor counts as: "write" for a regular file that is open for writing, "pipe" for a pipe, or none. */
static const char *writes(int fd) {
  struct stat status;
  int saved = errno, flags = fcntl(fd, F_GETFL);
  int known = fd != STDERR_FILENO && flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(fd, &status) == 0;
  errno = saved;
  return known && S_ISREG(status.st_mode) ? "write" : known && S_ISFIFO(status.st_mode) ? "pipe" : NULL;
}

static int is_output(int fd) {
  const char *call = writes(fd);
  return call && strcmp(call, "write") == 0;
}

/* Counts a call; returns whether it is the one that goes wrong. */
static int is_due(const char *call) {
  const char *wanted = getenv("FAULT_CALL"), *at = getenv("FAULT_AT"), *count = getenv("FAULT_COUNT");
  if (!call || !wanted || strcmp(wanted, call) != 0) return 0;
  int number = __sync_add_and_fetch(&calls, 1);
  if (count) {
    int fd = NEXT(open)(count, O_WRONLY | O_CREAT | O_APPEND, 0666);
    NEXT(write)(fd, "x", 1);
    NEXT(close)(fd);
  }
  return at && number == atoi(at);
}

static int is_kind(const char *kind) {
  const char *wanted = getenv("FAULT_KIND");
  return wanted && strcmp(wanted, kind) == 0;
}

/* Whether this call fails; errno is set then. Signals are sent from here. */
static int fails(const char *call) {
  if (is_kind("short") || !is_due(call)) return 0;
  if (is_kind("kill")) kill(getpid(), SIGKILL);
  if (is_kind("term")) {
    kill(getpid(), SIGTERM);
    return 0;
  }
  const char *kind = getenv("FAULT_KIND");
  if (!kind) return 0;
  errno = atoi(kind);
  return 1;
}

ssize_t write(int fd, const void *bytes, size_t n) {
  const char *call = writes(fd);
  if (is_kind("short") && is_due(call)) return NEXT(write)(fd, bytes, n > 1 ? n / 2 : n);
  return fails(call) ? -1 : NEXT(write)(fd, bytes, n);
}

#define OPEN_MODE(flags, last)               \
  mode_t mode = 0;                           \
  if ((flags) & (O_CREAT | O_TMPFILE)) {     \
    va_list list;                            \
    va_start(list, last);                    \
    mode = (mode_t)va_arg(list, int);        \
    va_end(list);                            \
  }                                          \
  if (opens_for_writing(flags) && fails("open")) return -1

int open(const char *path, int flags, ...) {
  OPEN_MODE(flags, flags);
  return NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  OPEN_MODE(flags, flags);
  return NEXT(open64)(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  OPEN_MODE(flags, flags);
  return NEXT(openat)(folder, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode) {
  return mode[strcspn(mode, "wa+")] && fails("open") ? NULL : NEXT(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
  return mode[strcspn(mode, "wa+")] && fails("open") ? NULL : NEXT(fopen64)(path, mode);
}

int mkdir(const char *path, mode_t mode) { return fails("open") ? -1 : NEXT(mkdir)(path, mode); }

int fsync(int fd) { return fails("fsync") ? -1 : NEXT(fsync)(fd); }

int rename(const char *from, const char *to) { return fails("rename") ? -1 : NEXT(rename)(from, to); }

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  return fails("rename") ? -1 : NEXT(linkat)(from_folder, from, to_folder, to, flags);
}

/* A file whose close fails is closed. */
int close(int fd) {
  int failed = is_output(fd) && fails("close"), reason = errno, result = NEXT(close)(fd);
  if (failed) errno = reason;
  return failed ? -1 : result;
}

/* The C library's streams do not call the functions above. A short write is their own affair. A failure is remembered by ferror(). */
static int stream_fails(FILE *stream) {
  if (!fails(writes(fileno(stream)))) return 0;
  stream->_flags |= 0x20; /* _IO_ERR_SEEN of glibc */
  return 1;
}

size_t fwrite(const void *from, size_t size, size_t n, FILE *stream) {
  return stream_fails(stream) ? 0 : NEXT(fwrite)(from, size, n, stream);
}

int fflush(FILE *stream) { return stream && stream_fails(stream) ? EOF : NEXT(fflush)(stream); }

int fclose(FILE *stream) {
  int failed = is_output(fileno(stream)) && fails("close"), reason = errno, result = NEXT(fclose)(stream);
  if (failed) errno = reason;
  return failed ? EOF : result;
}
