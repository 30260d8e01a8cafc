/* Preloaded into a program: its time of day is off by as many microseconds as stand in the file that CHAOS_CLOCK names, at once
 * whenever they are changed there. The monotonic clock, and all timers, go on as they were. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t never;
static volatile const int64_t *off_us = &never;
static int (*real_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("CHAOS_CLOCK");
    int number = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    void *seen = number < 0 ? MAP_FAILED : mmap(NULL, sizeof *off_us, PROT_READ, MAP_SHARED, number, 0);
    if (seen != MAP_FAILED)
        off_us = seen;
    if (number >= 0)
        close(number);
    real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
}

static int64_t now_ns(clockid_t clock) {
    struct timespec real = {0, 0};
    if (!real_gettime) /* somebody asks before our turn has come */
        begin();
    real_gettime(clock, &real);
    return (int64_t)real.tv_sec * 1000000000 + real.tv_nsec + *off_us * 1000;
}

int clock_gettime(clockid_t clock, struct timespec *into) {
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) {
        if (!real_gettime)
            begin();
        return real_gettime(clock, into);
    }
    int64_t at = now_ns(clock);
    into->tv_sec = at / 1000000000;
    into->tv_nsec = at % 1000000000;
    return 0;
}

int gettimeofday(struct timeval *restrict into, void *restrict zone) {
    (void)zone;
    int64_t at = now_ns(CLOCK_REALTIME);
    into->tv_sec = at / 1000000000;
    into->tv_usec = at % 1000000000 / 1000;
    return 0;
}

time_t time(time_t *into) {
    time_t at = now_ns(CLOCK_REALTIME) / 1000000000;
    if (into)
        *into = at;
    return at;
}
