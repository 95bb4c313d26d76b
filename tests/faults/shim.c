/* Preloaded into a test's process: the n-th call that changes something below a folder fails. Nothing of it is in the product.

   fault_arm(folder, n, error, full) begins to count, and 0 for n only counts; with `full` all later calls that need room fail too.
   fault_seen() says how many such calls there were, fault_hit() whether the n-th came, fault_call() which one it was. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char place[PATH_MAX];
static long wanted, seen, full_disk;
static int error_number;
static char last[32];

void fault_arm(const char *folder, long n, int error, int full)
{
    strncpy(place, folder, sizeof place - 1);
    wanted = n, error_number = error, full_disk = full, last[0] = 0;
    __atomic_store_n(&seen, 0, __ATOMIC_SEQ_CST);
}

long fault_seen(void) { return seen; }
int fault_hit(void) { return last[0] != 0; }
const char *fault_call(void) { return last; }

static int fails(const char *path, const char *call)
{
    if (!place[0] || strncmp(path, place, strlen(place)))
        return 0;
    long now = __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
    if (!wanted || (full_disk ? now < wanted || !strcmp(call, "unlink") : now != wanted))
        return 0;
    if (!last[0])
        snprintf(last, sizeof last, "%s", call);
    errno = error_number;
    return 1;
}

static int fails_at(int folder, const char *path, const char *call)
{
    char whole[2 * PATH_MAX], link[64];
    ssize_t length = 0;
    if (!place[0])
        return 0;
    if (path[0] == '/')
        return fails(path, call);
    if (folder == AT_FDCWD)
        length = getcwd(whole, PATH_MAX) ? (ssize_t)strlen(whole) : -1;
    else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        length = readlink(link, whole, PATH_MAX);
    }
    if (length < 0)
        return 0;
    snprintf(whole + length, sizeof whole - length, "/%s", path);
    return fails(whole, call);
}

static int fails_on(int handle, const char *call)
{
    char whole[PATH_MAX + 1], link[64];
    if (!place[0])
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, whole, PATH_MAX);
    if (length < 0)
        return 0;
    whole[length] = 0;
    return fails(whole, call);
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int h, const void *b, size_t n) { REAL(write); return fails_on(h, "write") ? -1 : real(h, b, n); }
ssize_t pwrite(int h, const void *b, size_t n, off_t o) { REAL(pwrite); return fails_on(h, "pwrite") ? -1 : real(h, b, n, o); }
ssize_t pwrite64(int h, const void *b, size_t n, off64_t o) { REAL(pwrite64); return fails_on(h, "pwrite") ? -1 : real(h, b, n, o); }
ssize_t writev(int h, const struct iovec *v, int n) { REAL(writev); return fails_on(h, "writev") ? -1 : real(h, v, n); }
ssize_t sendfile(int h, int f, off_t *o, size_t n) { REAL(sendfile); return fails_on(h, "sendfile") ? -1 : real(h, f, o, n); }
ssize_t sendfile64(int h, int f, off64_t *o, size_t n) { REAL(sendfile64); return fails_on(h, "sendfile") ? -1 : real(h, f, o, n); }
int ftruncate(int h, off_t n) { REAL(ftruncate); return fails_on(h, "ftruncate") ? -1 : real(h, n); }
int ftruncate64(int h, off64_t n) { REAL(ftruncate64); return fails_on(h, "ftruncate") ? -1 : real(h, n); }
int fsync(int h) { REAL(fsync); return fails_on(h, "fsync") ? -1 : real(h); }
int fdatasync(int h) { REAL(fdatasync); return fails_on(h, "fdatasync") ? -1 : real(h); }
int rename(const char *a, const char *b) { REAL(rename); return fails_at(AT_FDCWD, b, "rename") ? -1 : real(a, b); }
int renameat(int f, const char *a, int g, const char *b) { REAL(renameat); return fails_at(g, b, "rename") ? -1 : real(f, a, g, b); }
int link(const char *a, const char *b) { REAL(link); return fails_at(AT_FDCWD, b, "link") ? -1 : real(a, b); }
int linkat(int f, const char *a, int g, const char *b, int k) { REAL(linkat); return fails_at(g, b, "link") ? -1 : real(f, a, g, b, k); }
int mkdir(const char *p, mode_t m) { REAL(mkdir); return fails_at(AT_FDCWD, p, "mkdir") ? -1 : real(p, m); }
int mkdirat(int f, const char *p, mode_t m) { REAL(mkdirat); return fails_at(f, p, "mkdir") ? -1 : real(f, p, m); }
int unlink(const char *p) { REAL(unlink); return fails_at(AT_FDCWD, p, "unlink") ? -1 : real(p); }
int unlinkat(int f, const char *p, int k) { REAL(unlinkat); return fails_at(f, p, "unlink") ? -1 : real(f, p, k); }

#define OPENED(name, at)                                                                                                        \
    va_list more;                                                                                                               \
    mode_t mode = 0;                                                                                                            \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                                                      \
        va_start(more, flags);                                                                                                  \
        mode = va_arg(more, mode_t);                                                                                            \
        va_end(more);                                                                                                           \
    }                                                                                                                           \
    REAL(name);                                                                                                                 \
    if ((flags & O_CREAT) && fails_at(at, path, "open"))                                                                        \
        return -1;
int open(const char *path, int flags, ...) { OPENED(open, AT_FDCWD) return real(path, flags, mode); }
int open64(const char *path, int flags, ...) { OPENED(open64, AT_FDCWD) return real(path, flags, mode); }
int openat(int f, const char *path, int flags, ...) { OPENED(openat, f) return real(f, path, flags, mode); }
int openat64(int f, const char *path, int flags, ...) { OPENED(openat64, f) return real(f, path, flags, mode); }
