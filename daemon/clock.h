// Nanoseconds of CLOCK_MONOTONIC, in which deadlines and durations are counted; the time of day.
#ifndef CAY_DAEMON_CLOCK_H
#define CAY_DAEMON_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CAY_SECOND UINT64_C(1000000000)

static inline uint64_t cay_clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * CAY_SECOND + (uint64_t)t.tv_nsec;
}

// Milliseconds since 1970, for timestamps that people read.
static inline uint64_t cay_clock_wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

#endif
