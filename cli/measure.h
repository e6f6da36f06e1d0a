// What both forms of bench measure with: a clock, percentiles, and made-up input.
#ifndef CAY_CLI_MEASURE_H
#define CAY_CLI_MEASURE_H

#include <stddef.h>

double cay_measure_now(void); // milliseconds of CLOCK_MONOTONIC
// In ascending order.
void cay_measure_sort(double *values, size_t count);
// The smallest of sorted values that `percent` of them do not exceed; 0 of none.
double cay_measure_percentile(const double *sorted, size_t count, size_t percent);
// Writes so many floats, which may lie anywhere: repeatable values in [-1, 1).
void cay_measure_fill(void *floats, size_t count);

#endif
