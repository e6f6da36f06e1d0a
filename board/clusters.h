// The machine's processors, grouped by how fast they can be: big and little cores.
#ifndef CAY_BOARD_CLUSTERS_H
#define CAY_BOARD_CLUSTERS_H

#include <stddef.h>

struct cay_cluster {
	unsigned cpus, first; // how many processors, and the number of the first
	long capacity;	      // of 1024, the fastest processor's; 0: the kernel does not say
	long max_mhz, mhz;    // the first one's highest clock, and its clock now; 0: not known
	long limit_mhz;	      // the highest clock that heat or a governor allows now; 0: not known
};

#define CAY_CLUSTERS 8 // more are left out

// Reads SYSFS/devices/system/cpu, in the order of the clusters' first processors. Returns how many
// clusters there are. Never fails: what cannot be read is not known.
size_t cay_clusters_read(const char *sysfs, struct cay_cluster ret[CAY_CLUSTERS]);

#endif
