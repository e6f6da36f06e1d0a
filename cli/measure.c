// What both forms of bench measure with: a clock, percentiles, and made-up input.
#include "cli/measure.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double cay_measure_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void cay_measure_sort(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
}

double cay_measure_percentile(const double *sorted, size_t count, size_t percent)
{
	const size_t rank = (count * percent + 99) / 100;

	return count ? sorted[rank ? rank - 1 : 0] : 0;
}

// The generator of Numerical Recipes, its upper 24 bits.
void cay_measure_fill(void *floats, size_t count)
{
	uint32_t state = 1;

	for (size_t i = 0; i < count; i++) {
		float value;

		state = state * 1664525u + 1013904223u;
		value = (float)(state >> 8) / 8388608.f - 1;
		memcpy((uint8_t *)floats + i * sizeof(value), &value, sizeof(value));
	}
}
