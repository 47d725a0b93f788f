/* A wall clock that nobody can step, for Asterisk alone (LD_PRELOAD by entrypoint.sh; docs/adr/0010 says why).
 *
 * Asterisk reckons TIMEOUT(absolute), rtp_timeout, its scheduler and the times of its events in wall time. Here that
 * time is the host's date at the first look plus CLOCK_MONOTONIC since then: a step of the host's date ends no call
 * and stretches none, while NTP's slewing of both clocks still comes through.
 *
 *     gcc -shared -fPIC -O2 -o steady_clock.so steady_clock.c
 *
 * Kept from the date are the ways in that Asterisk and its libraries use: time, gettimeofday, clock_gettime, and the
 * waits until a date. A wait until a date becomes one on the monotonic clock, because the kernel would wait by the
 * date. A deadline earlier than any date since the host's boot is one on the monotonic clock already.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#define SECOND INT64_C(1000000000)
#define VISIBLE __attribute__((visibility("default")))

typedef int reader(clockid_t, struct timespec *);

static int true_clock(clockid_t clock, struct timespec *to) {
    static _Atomic(reader *) next;
    if (!next) next = (reader *)dlsym(RTLD_NEXT, "clock_gettime");
    return next(clock, to);
}

static int64_t read_ns(clockid_t clock) {
    struct timespec now;
    true_clock(clock, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

/* How far the date was ahead of the monotonic clock at the first look; the same for ever after. */
static int64_t ahead_ns(void) {
    static _Atomic int64_t known;
    int64_t found = known;
    if (!found) {
        int64_t now = read_ns(CLOCK_REALTIME) - read_ns(CLOCK_MONOTONIC);
        if (atomic_compare_exchange_strong(&known, &found, now)) found = now;
    }
    return found;
}

static struct timespec timespec_of(int64_t ns) {
    return (struct timespec){.tv_sec = ns / SECOND, .tv_nsec = ns % SECOND};
}

static int64_t steady_ns(void) {
    int64_t ahead = ahead_ns();
    return ahead + read_ns(CLOCK_MONOTONIC);
}

VISIBLE int clock_gettime(clockid_t clock, struct timespec *to) {
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return true_clock(clock, to);
    *to = timespec_of(steady_ns());
    return 0;
}

VISIBLE int gettimeofday(struct timeval *to, void *zone) {
    (void)zone;
    struct timespec now = timespec_of(steady_ns());
    to->tv_sec = now.tv_sec;
    to->tv_usec = now.tv_nsec / 1000;
    return 0;
}

VISIBLE time_t time(time_t *to) {
    time_t now = steady_ns() / SECOND;
    if (to) *to = now;
    return now;
}

static struct timespec monotonic(const struct timespec *date) {
    int64_t ahead = ahead_ns();
    struct timespec first = timespec_of(ahead), left = *date;
    if (date->tv_sec <= first.tv_sec) return left;
    left.tv_sec -= first.tv_sec;
    if ((left.tv_nsec -= first.tv_nsec) < 0) left.tv_nsec += SECOND, left.tv_sec--;
    return left;
}

VISIBLE int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until) {
    struct timespec when = monotonic(until);
    return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &when);
}

VISIBLE int pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *until) {
    struct timespec when = monotonic(until);
    return pthread_rwlock_clockrdlock(lock, CLOCK_MONOTONIC, &when);
}

VISIBLE int pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *until) {
    struct timespec when = monotonic(until);
    return pthread_rwlock_clockwrlock(lock, CLOCK_MONOTONIC, &when);
}

VISIBLE int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    struct timespec when = monotonic(until);
    return sem_clockwait(semaphore, CLOCK_MONOTONIC, &when);
}
