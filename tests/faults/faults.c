/* An LD_PRELOAD library that makes one call fail: the FAULT_AT-th (from 1) of the calls FAULT_CALL, which is write (write, fwrite,
   fflush), fsync, rename (rename, linkat) or close (close, fclose), of regular files that are open for writing. FAULT_KIND is an errno as a number, or "short": a write of half of its bytes.
   A counter of the calls is kept in the file FAULT_COUNT, if it is set. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int calls;

/* Whether the descriptor is a regular file that is open for writing. */
static int is_output(int fd) {
  struct stat status;
  int saved = errno, flags = fcntl(fd, F_GETFL);
  int yes = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  errno = saved;
  return yes;
}

/* Counts a call; returns whether it is the one that is to fail. */
static int is_due(const char *call) {
  const char *wanted = getenv("FAULT_CALL"), *at = getenv("FAULT_AT"), *count = getenv("FAULT_COUNT");
  if (!wanted || strcmp(wanted, call) != 0) return 0;
  int number = __sync_add_and_fetch(&calls, 1);
  if (count) {
    int fd = (int)((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open"))(count, O_WRONLY | O_CREAT | O_APPEND, 0666);
    ((ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, "x", 1);
    ((int (*)(int))dlsym(RTLD_NEXT, "close"))(fd);
  }
  return at && number == atoi(at);
}

static int failure(void) {
  const char *kind = getenv("FAULT_KIND");
  return kind ? atoi(kind) : 0; /* 0 for "short" */
}

ssize_t write(int fd, const void *bytes, size_t n) {
  ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  if (!is_output(fd) || !is_due("write")) return real(fd, bytes, n);
  if (failure() == 0) return real(fd, bytes, n > 1 ? n / 2 : n);
  errno = failure();
  return -1;
}

int fsync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  if (!is_due("fsync")) return real(fd);
  errno = failure();
  return -1;
}

int rename(const char *from, const char *to) {
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
  if (!is_due("rename")) return real(from, to);
  errno = failure();
  return -1;
}

int close(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "close");
  int output = is_output(fd), result = real(fd);
  if (!output || !is_due("close")) return result;
  errno = failure();
  return -1;
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  int (*real)(int, const char *, int, const char *, int) = dlsym(RTLD_NEXT, "linkat");
  if (!is_due("rename")) return real(from_folder, from, to_folder, to, flags);
  errno = failure();
  return -1;
}

/* The C library's streams do not call the functions above. A short write is their own affair. */
size_t fwrite(const void *from, size_t size, size_t n, FILE *stream) {
  size_t (*real)(const void *, size_t, size_t, FILE *) = dlsym(RTLD_NEXT, "fwrite");
  if (failure() == 0 || !is_output(fileno(stream)) || !is_due("write")) return real(from, size, n, stream);
  errno = failure();
  return 0;
}

int fflush(FILE *stream) {
  int (*real)(FILE *) = dlsym(RTLD_NEXT, "fflush");
  if (failure() == 0 || !stream || !is_output(fileno(stream)) || !is_due("write")) return real(stream);
  errno = failure();
  return EOF;
}

int fclose(FILE *stream) {
  int (*real)(FILE *) = dlsym(RTLD_NEXT, "fclose");
  int output = is_output(fileno(stream)), result = real(stream);
  if (!output || !is_due("close")) return result;
  errno = failure();
  return EOF;
}
