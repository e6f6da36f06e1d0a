// The machine as it describes itself: its name, its heat, and both with its cores as JSON.
#include "board/board.h"
#include "board/clusters.h"
#include "board/sysfs.h"
#include "board/throttled.h"
#include "common/size.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

void cay_board_name(const char *root, char *ret, size_t size)
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

double cay_board_celsius(const char *sysfs)
{
	bool zones[CAY_SYSFS_INDICES] = {false};
	long hottest = -1000000; // thousandths of a degree
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s/class/thermal", sysfs);
	cay_sysfs_indices(folder, "thermal_zone", zones);
	for (unsigned zone = 0; zone < CAY_SYSFS_INDICES; zone++) {
		long value = hottest;

		if (zones[zone])
			value = cay_sysfs_number(hottest, 10, "%s/thermal_zone%u/temp", folder,
						 zone);
		hottest = value > hottest ? value : hottest;
	}
	return (double)hottest / 1000;
}

void cay_board_put_json(const char *sysfs, struct cay_buf *buf)
{
	struct cay_cluster c[CAY_CLUSTERS];
	const size_t count = cay_clusters_read(sysfs, c);
	const double celsius = cay_board_celsius(sysfs);

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
	cay_throttled_put_json(cay_throttled_read(sysfs), buf);
}
