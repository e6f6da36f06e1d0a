// What all kernel checks share: random numbers, red zones, comparisons, timing.
#include "tests/kernels/checker.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(at, size)   __asan_poison_memory_region(at, size)
#define UNPOISON(at, size) __asan_unpoison_memory_region(at, size)
#else
#define POISON(at, size)   ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif

enum { ZONE = 256, ZONE_BYTE = 0xa5, MAX_BUFFERS = 32, MAX_REPORTS = 5, TIMINGS = 9 };

static struct {
	const char *name;
	uint64_t random;
	struct buffer {
		uint8_t *at; // of the first zone
		size_t size; // between the zones
	} buffers[MAX_BUFFERS];
	size_t buffer_count;
	unsigned reports, failures;
	const char *only; // of the benchmarks, see check_count
	unsigned long runs;
} state;

static unsigned long seed(void)
{
	const char *text = getenv("CAY_CHECK_SEED");

	return text ? strtoul(text, NULL, 0) : 1;
}

static void report(const char *detail, const char *fmt, va_list args)
{
	char text[128];

	if (state.reports++ >= MAX_REPORTS)
		return;
	vsnprintf(text, sizeof(text), fmt, args);
	printf("FAILED %s %s: %s (CAY_CHECK_SEED=%lu)\n", state.name, text, detail, seed());
}

void check_begin(const char *name)
{
	state.name = name;
	state.reports = 0;
	state.random = seed();
	for (; *name; name++)
		state.random = state.random * 31 + (uint8_t)*name;
}

void check_end(size_t count)
{
	check_release();
	if (state.reports)
		state.failures++;
	else
		printf("ok %s (%zu cases)\n", state.name, count);
}

int check_finish(void)
{
	return state.failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

// splitmix64
uint32_t check_random(void)
{
	uint64_t z = state.random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(z >> 32);
}

size_t check_choose(const size_t *values, size_t count)
{
	return values[check_random() % count];
}

float check_random_f32(float low, float high)
{
	return low + (high - low) * (float)(check_random() >> 8) * 0x1p-24f;
}

static bool is_zone(const uint8_t *at)
{
	for (size_t i = 0; i < ZONE; i++)
		if (at[i] != ZONE_BYTE)
			return false;
	return true;
}

static void expect_zone(const uint8_t *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (!is_zone(at))
		report("it was written to", fmt, args);
	va_end(args);
}

void check_release(void)
{
	for (size_t i = 0; i < state.buffer_count; i++) {
		struct buffer *b = &state.buffers[i];

		UNPOISON(b->at, b->size + 2 * ZONE);
		expect_zone(b->at, "memory before a buffer of %zu", b->size);
		expect_zone(b->at + ZONE + b->size, "memory behind a buffer of %zu", b->size);
		free(b->at);
	}
	state.buffer_count = 0;
}

void *check_buf(size_t size)
{
	uint8_t *at = aligned_alloc(64, cay_size_round_up(size + 2 * ZONE, 64));

	if (!at || state.buffer_count == MAX_BUFFERS)
		abort();
	memset(at, ZONE_BYTE, size + 2 * ZONE);
	memset(at + ZONE, 0, size);
	POISON(at, ZONE);
	POISON(at + ZONE + size, ZONE);
	state.buffers[state.buffer_count++] = (struct buffer){at, size};
	return at + ZONE;
}

void *check_buf_s8(size_t count, int low, int high)
{
	int8_t *buf = check_buf(count);

	for (size_t i = 0; i < count; i++) {
		const uint32_t r = check_random();
		const int value = low + (int)(r % (unsigned)(high - low + 1));

		buf[i] = (int8_t)(r >> 30 ? value : r >> 29 & 1 ? low : high);
	}
	return buf;
}

void *check_buf_f32(size_t count, float low, float high)
{
	float *buf = check_buf(count * sizeof(*buf));

	for (size_t i = 0; i < count; i++)
		buf[i] = check_random_f32(low, high);
	return buf;
}

float *check_buf_special(size_t *ret_count)
{
	static const float values[] = {
		0.0f,	   0.5f,      0x1.fffffep-2f, 1.0f,  1.5f,     2.5f,	 3.0f,
		6.0f,	   87.0f,     88.8f,	      89.1f, 103.9f,   104.1f,	 127.0f,
		127.5f,	   128.0f,    126.5f,	      1e9f,  3e9f,     0x1p23f,	 0x1p31f,
		0x1p-126f, 0x1p-149f, 0x1p-100f,      0.1f,  0x1p127f, INFINITY, NAN,
	};
	const size_t count = CAY_ARRAY_SIZE(values);
	float *buf = check_buf(2 * count * sizeof(*buf));

	for (size_t i = 0; i < count; i++) {
		buf[2 * i] = values[i];
		buf[2 * i + 1] = -values[i];
	}
	*ret_count = 2 * count;
	return buf;
}

void check_equal(const void *want, const void *got, size_t size, const char *fmt, ...)
{
	const uint8_t *w = want, *g = got;
	char detail[128];
	va_list args;
	size_t i = 0;

	while (i < size && w[i] == g[i])
		i++;
	if (i == size)
		return;
	snprintf(detail, sizeof(detail), "byte %zu of %zu: want %d, got %d", i, size, (int8_t)w[i],
		 (int8_t)g[i]);
	va_start(args, fmt);
	report(detail, fmt, args);
	va_end(args);
}

// tolerance NULL: none
static void compare_f32(const float *want, const float *got, const float *tolerance, size_t count,
			const char *fmt, va_list args)
{
	for (size_t i = 0; i < count; i++) {
		const float limit = tolerance ? tolerance[i] : 0;
		char detail[128];

		if (want[i] == got[i] || fabsf(want[i] - got[i]) <= limit ||
		    (isnan(want[i]) && isnan(got[i])))
			continue;
		snprintf(detail, sizeof(detail), "%zu of %zu: want %.9g, got %.9g, tolerance %.3g",
			 i, count, (double)want[i], (double)got[i], (double)limit);
		report(detail, fmt, args);
		return;
	}
}

void check_equal_f32(const float *want, const float *got, size_t count, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	compare_f32(want, got, NULL, count, fmt, args);
	va_end(args);
}

void check_near_f32(const float *want, const float *got, const float *tolerance, size_t count,
		    const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	compare_f32(want, got, tolerance, count, fmt, args);
	va_end(args);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare_double(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void check_count(const char *only, unsigned long runs)
{
	state.only = only;
	state.runs = runs;
}

// What is to be counted runs so often; its number of operations is printed.
static void run_counted(const char *name, const char *shape, double ops,
			void (*run)(const void *arg), const void *arg)
{
	char full[128];

	snprintf(full, sizeof(full), "%s %s", name, shape);
	if (*state.only && strcmp(full, state.only) != 0)
		return;
	printf("%s\t%.0f\n", full, ops);
	for (unsigned long i = 0; i < state.runs; i++)
		run(arg);
}

void check_bench(const char *name, const char *shape, double ops, void (*run)(const void *arg),
		 const void *arg)
{
	double times[TIMINGS];
	size_t repeat = 1;

	if (state.only) {
		run_counted(name, shape, ops, run, arg);
		return;
	}

	for (double took = 0; took < 1e6; repeat *= 2) { // until one timing takes a millisecond
		const double start = now_ns();

		for (size_t i = 0; i < repeat; i++)
			run(arg);
		took = now_ns() - start;
	}
	for (size_t t = 0; t < TIMINGS; t++) {
		const double start = now_ns();

		for (size_t i = 0; i < repeat; i++)
			run(arg);
		times[t] = (now_ns() - start) / (double)repeat;
	}
	qsort(times, TIMINGS, sizeof(times[0]), compare_double);
	printf("%-28s %-20s %12.0f ns %8.2f GOP/s\n", name, shape, times[TIMINGS / 2],
	       ops / times[TIMINGS / 2]);
}
