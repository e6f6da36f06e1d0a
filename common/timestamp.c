// A moment as ISO 8601 has it, in UTC, to the millisecond.
#include "common/timestamp.h"

#include <stdio.h>

struct cay_timestamp cay_timestamp_of(const struct timespec *moment)
{
	struct cay_timestamp stamp;
	struct tm tm = {0};
	size_t length;

	gmtime_r(&moment->tv_sec, &tm); // it fails in the year 2^31 only
	length = strftime(stamp.text, sizeof(stamp.text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(stamp.text + length, sizeof(stamp.text) - length, ".%03ldZ",
		 moment->tv_nsec / 1000000);
	return stamp;
}
