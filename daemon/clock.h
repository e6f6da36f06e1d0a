// Nanoseconds of CLOCK_MONOTONIC: what deadlines and durations are counted in.
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

#endif
