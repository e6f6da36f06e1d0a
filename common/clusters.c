// The machine's processors, grouped by how fast they can be: big and little cores.
#include "common/clusters.h"
#include "common/size.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NUMBERS = 1024 }; // of processors, and of thermal zones, that are looked at

// Which FOLDER/PREFIXn are there. To try each number would open a thousand files for four.
static void find_numbers(const char *sysfs, const char *folder, const char *prefix,
			 bool ret[NUMBERS])
{
	const size_t length = strlen(prefix);
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *directory = NULL;
	unsigned number;

	if (snprintf(path, sizeof(path), "%s/%s", sysfs, folder) < (int)sizeof(path))
		directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		if (strncmp(entry->d_name, prefix, length) == 0 &&
		    sscanf(entry->d_name + length, "%u", &number) == 1 && number < NUMBERS)
			ret[number] = true;
	if (directory)
		closedir(directory);
}

// The number that a file of sysfs holds; `absent` if there is none.
static long read_number(const char *sysfs, const char *folder, unsigned index, const char *name,
			long absent)
{
	char path[PATH_MAX];
	long value;
	FILE *f;
	int read;

	if (snprintf(path, sizeof(path), "%s/%s%u/%s", sysfs, folder, index, name) >=
	    (int)sizeof(path))
		return absent;
	f = fopen(path, "re");
	if (!f)
		return absent;
	read = fscanf(f, "%ld", &value);
	fclose(f);
	return read == 1 ? value : absent;
}

static long read_cpu(const char *sysfs, unsigned cpu, const char *name)
{
	return read_number(sysfs, "devices/system/cpu/cpu", cpu, name, 0);
}

static void add_cpu(const struct cay_cluster *cpu, struct cay_cluster *clusters, size_t *count)
{
	size_t i = 0;

	while (i < *count &&
	       (clusters[i].capacity != cpu->capacity || clusters[i].max_mhz != cpu->max_mhz))
		i++;
	if (i < *count)
		clusters[i].cpus++;
	else if (*count < CAY_CLUSTERS)
		clusters[(*count)++] = *cpu;
}

size_t cay_clusters_read(const char *sysfs, struct cay_cluster ret[CAY_CLUSTERS])
{
	bool cpus[NUMBERS] = {false};
	size_t count = 0;

	find_numbers(sysfs, "devices/system/cpu", "cpu", cpus);
	for (unsigned cpu = 0; cpu < NUMBERS; cpu++) {
		// Every processor has a topology while it is on; those that are off are left out.
		if (!cpus[cpu] || read_number(sysfs, "devices/system/cpu/cpu", cpu,
					      "topology/physical_package_id", LONG_MIN) == LONG_MIN)
			continue;
		add_cpu(
			&(struct cay_cluster){
				1, cpu, read_cpu(sysfs, cpu, "cpu_capacity"),
				read_cpu(sysfs, cpu, "cpufreq/cpuinfo_max_freq") / 1000,
				read_cpu(sysfs, cpu, "cpufreq/scaling_cur_freq") / 1000,
				read_cpu(sysfs, cpu, "cpufreq/scaling_max_freq") / 1000},
			ret, &count);
	}
	return count;
}

double cay_clusters_celsius(const char *sysfs)
{
	bool zones[NUMBERS] = {false};
	long hottest = -1000000;

	find_numbers(sysfs, "class/thermal", "thermal_zone", zones);
	for (unsigned zone = 0; zone < NUMBERS; zone++) {
		long value = -1000000; // thousandths

		if (zones[zone])
			value = read_number(sysfs, "class/thermal/thermal_zone", zone, "temp",
					    value);
		hottest = value > hottest ? value : hottest;
	}
	return (double)hottest / 1000;
}

const struct cay_throttle cay_throttles[CAY_THROTTLES] = {
	{1 << 0, "under_voltage"}, // the supply is too weak
	{1 << 1, "frequency_capped"},
	{1 << 2, "throttled"},
	{1 << 3, "temperature_limit"}, // the soft one
};

// Those that are set, each within quotes; returns how many.
static size_t put_reasons(long throttled, const char *quote, struct cay_buf *buf)
{
	size_t count = 0;

	for (size_t i = 0; i < CAY_THROTTLES; i++)
		if (throttled & cay_throttles[i].bit)
			cay_buf_printf(buf, "%s%s%s%s", count++ ? ", " : "", quote,
				       cay_throttles[i].reason, quote);
	return count;
}

void cay_throttled_put_json(long throttled, struct cay_buf *buf)
{
	if (throttled < 0) {
		cay_buf_text(buf, "null");
		return;
	}
	cay_buf_text(buf, "{\"now\": [");
	put_reasons(throttled, "\"", buf);
	cay_buf_text(buf, "], \"since_boot\": [");
	put_reasons(throttled >> CAY_THROTTLED_SINCE, "\"", buf);
	cay_buf_text(buf, "]}");
}

void cay_throttled_put_text(long throttled, struct cay_buf *buf)
{
	if (put_reasons(throttled, "", buf) == 0)
		cay_buf_text(buf, "no");
	if (throttled >> CAY_THROTTLED_SINCE) {
		cay_buf_text(buf, "; since boot: ");
		put_reasons(throttled >> CAY_THROTTLED_SINCE, "", buf);
	}
}

long cay_clusters_throttled(const char *sysfs)
{
	char path[PATH_MAX];
	unsigned flags;
	FILE *f;
	int read;

	if (snprintf(path, sizeof(path), "%s/devices/platform/soc/soc:firmware/get_throttled",
		     sysfs) >= (int)sizeof(path))
		return -1;
	f = fopen(path, "re");
	if (!f)
		return -1;
	read = fscanf(f, "%x", &flags);
	fclose(f);
	return read == 1 ? (long)(flags & 0xf000f) : -1;
}

void cay_clusters_put_json(const char *sysfs, struct cay_buf *buf)
{
	struct cay_cluster c[CAY_CLUSTERS];
	const size_t count = cay_clusters_read(sysfs, c);
	const double celsius = cay_clusters_celsius(sysfs);

	cay_buf_text(buf, "\"clusters\": [");
	for (size_t i = 0; i < count; i++)
		cay_buf_printf(
			buf,
			"%s{\"first\": %u, \"cpus\": %u, \"capacity\": %ld, \"max_mhz\": %ld, "
			"\"limit_mhz\": %ld, \"mhz\": %ld}",
			i ? ", " : "", c[i].first, c[i].cpus, c[i].capacity, c[i].max_mhz,
			c[i].limit_mhz, c[i].mhz);
	if (celsius > -273)
		cay_buf_printf(buf, "], \"celsius\": %.1f, \"throttled\": ", celsius);
	else
		cay_buf_text(buf, "], \"celsius\": null, \"throttled\": ");
	cay_throttled_put_json(cay_clusters_throttled(sysfs), buf);
}

void cay_machine_name(const char *root, char *ret, size_t size)
{
	static const char *const paths[] = {"proc/device-tree/model",
					    "sys/devices/virtual/dmi/id/product_name"};
	char path[PATH_MAX];

	*ret = '\0';
	for (size_t i = 0; i < CAY_ARRAY_SIZE(paths) && !*ret; i++) {
		FILE *file;

		if (snprintf(path, sizeof(path), "%s/%s", root, paths[i]) >= (int)sizeof(path))
			continue;
		file = fopen(path, "re");
		if (!file)
			continue;
		if (!fgets(ret, (int)size, file))
			*ret = '\0';
		ret[strcspn(ret, "\n")] = '\0';
		fclose(file);
	}
}
