// What the processor can do, and the names that users give to it.
#include "kernels/kernels.h"

#include <stdio.h>
#include <string.h>

bool cay_cpu_is_in_order(uint32_t midr)
{
	// Cortex-A34, A53, A35, A55, A510, A520
	static const uint32_t parts[] = {0xd02, 0xd03, 0xd04, 0xd05, 0xd46, 0xd80};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (midr >> 24 == 'A' && (midr >> 4 & 0xfff) == parts[i])
			return true;
	return false;
}

#if defined(__aarch64__)
#include <sys/auxv.h>
#include <unistd.h>

// Bits of Linux's <asm/hwcap.h>; older headers lack the later ones.
enum { HWCAP_BIT_ASIMD = 1 << 1, HWCAP_BIT_ASIMDDP = 1 << 20, HWCAP2_BIT_I8MM = 1 << 13 };

// False if the system does not tell of any core.
static bool all_in_order(void)
{
	const long cores = sysconf(_SC_NPROCESSORS_CONF);
	bool any = false;

	for (long core = 0; core < cores; core++) {
		char path[96];
		unsigned long midr = 0;
		FILE *file;
		int got;

		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%ld/regs/identification/midr_el1", core);
		file = fopen(path, "re");
		if (!file)
			continue; // not running
		got = fscanf(file, "%lx", &midr);
		fclose(file);
		if (got != 1 || !cay_cpu_is_in_order((uint32_t)midr))
			return false;
		any = true;
	}
	return any;
}

unsigned cay_cpu_detect(void)
{
	const unsigned long caps = getauxval(AT_HWCAP), caps2 = getauxval(AT_HWCAP2);
	unsigned cpu = 0;

	if (caps & HWCAP_BIT_ASIMD)
		cpu |= CAY_CPU_NEON;
	if (cpu && (caps & HWCAP_BIT_ASIMDDP))
		cpu |= CAY_CPU_DOT;
	if ((cpu & CAY_CPU_DOT) && (caps2 & HWCAP2_BIT_I8MM))
		cpu |= CAY_CPU_I8MM;
	if (all_in_order())
		cpu |= CAY_CPU_IN_ORDER;
	return cpu;
}
#elif defined(__x86_64__)
unsigned cay_cpu_detect(void)
{
	unsigned cpu = 0;

	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		cpu |= CAY_CPU_AVX2;
	if (cpu && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
		cpu |= CAY_CPU_VNNI;
	return cpu;
}
#else
unsigned cay_cpu_detect(void)
{
	return 0;
}
#endif

static const struct cpu_name {
	const char *name;
	unsigned flag, cap; // its own flag; with all that it builds on
} names[] = {
	{"ref", 0, 0},
	{"neon", CAY_CPU_NEON, CAY_CPU_NEON | CAY_CPU_IN_ORDER},
	{"dot", CAY_CPU_DOT, CAY_CPU_NEON | CAY_CPU_DOT | CAY_CPU_IN_ORDER},
	{"i8mm", CAY_CPU_I8MM, CAY_CPU_NEON | CAY_CPU_DOT | CAY_CPU_I8MM | CAY_CPU_IN_ORDER},
	{"avx2", CAY_CPU_AVX2, CAY_CPU_AVX2},
	{"vnni", CAY_CPU_VNNI, CAY_CPU_AVX2 | CAY_CPU_VNNI},
};

bool cay_cpu_parse(const char *name, unsigned *ret)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0) {
			*ret = names[i].cap;
			return true;
		}
	return false;
}

const char *cay_cpu_text(unsigned cpu, char text[64])
{
	size_t len = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (cpu & names[i].flag)
			len += (size_t)snprintf(text + len, 64 - len, "%s%s", len ? " " : "",
						names[i].name);
	if (!len)
		snprintf(text, 64, "%s", names[0].name);
	return text;
}
