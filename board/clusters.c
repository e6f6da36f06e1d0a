// The machine's processors, grouped by how fast they can be: big and little cores.
#include "board/clusters.h"
#include "board/sysfs.h"

#include <limits.h>
#include <stdio.h>

static long read_cpu(const char *sysfs, unsigned cpu, const char *name, long absent)
{
	return cay_sysfs_number(absent, 10, "%s/devices/system/cpu/cpu%u/%s", sysfs, cpu, name);
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
	bool cpus[CAY_SYSFS_INDICES] = {false};
	char folder[PATH_MAX];
	size_t count = 0;

	snprintf(folder, sizeof(folder), "%s/devices/system/cpu", sysfs);
	cay_sysfs_indices(folder, "cpu", cpus);
	for (unsigned cpu = 0; cpu < CAY_SYSFS_INDICES; cpu++) {
		// Every processor has a topology while it is on; those that are off are left out.
		if (!cpus[cpu] ||
		    read_cpu(sysfs, cpu, "topology/physical_package_id", LONG_MIN) == LONG_MIN)
			continue;
		add_cpu(
			&(struct cay_cluster){
				.cpus = 1,
				.first = cpu,
				.capacity = read_cpu(sysfs, cpu, "cpu_capacity", 0),
				.max_mhz =
					read_cpu(sysfs, cpu, "cpufreq/cpuinfo_max_freq", 0) / 1000,
				.mhz = read_cpu(sysfs, cpu, "cpufreq/scaling_cur_freq", 0) / 1000,
				.limit_mhz =
					read_cpu(sysfs, cpu, "cpufreq/scaling_max_freq", 0) / 1000,
			},
			ret, &count);
	}
	return count;
}
