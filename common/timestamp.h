// A moment as ISO 8601 has it, in UTC, to the millisecond: 2026-11-27T02:00:01.803Z.
#ifndef CAY_COMMON_TIMESTAMP_H
#define CAY_COMMON_TIMESTAMP_H

#include <time.h>

struct cay_timestamp {
	char text[40];
};

struct cay_timestamp cay_timestamp_of(const struct timespec *moment);

#endif
