// The machine's processors, grouped by how fast they can be: big and little cores.
#ifndef CAY_COMMON_CLUSTERS_H
#define CAY_COMMON_CLUSTERS_H

#include "common/buf.h"

struct cay_cluster {
	unsigned cpus, first; // how many, and the number of the first
	long capacity;	      // of 1024, the fastest core's; 0: the kernel does not say
	long max_mhz, mhz;    // of the first; 0: not known
	long limit_mhz;	      // that it may have now, as heat or a governor has it
};

#define CAY_CLUSTERS 8 // more are left out

// Reads SYSFS/devices/system/cpu, in the order of their first processors. Returns how many there
// are. What is not there is not known; never fails.
size_t cay_clusters_read(const char *sysfs, struct cay_cluster ret[CAY_CLUSTERS]);
// The hottest thermal zone, in degrees Celsius; below -273 if there is none.
double cay_clusters_celsius(const char *sysfs);

// What a Raspberry Pi's firmware has against running at full speed: now, and the same 16 bits
// higher since it was started.
#define CAY_THROTTLES	    4
#define CAY_THROTTLED_NOW   0xfL
#define CAY_THROTTLED_SINCE 16 // bits
extern const struct cay_throttle {
	long bit;
	const char *reason; // "under_voltage"
} cay_throttles[CAY_THROTTLES];
// Their sum; -1: no firmware tells.
long cay_clusters_throttled(const char *sysfs);
// Append it: {"now": [...], "since_boot": [...]} with reasons, or null; "under_voltage; since boot:
// under_voltage, throttled", or "no".
void cay_throttled_put_json(long throttled, struct cay_buf *buf);
void cay_throttled_put_text(long throttled, struct cay_buf *buf);
// Appends all of the above as it is now: `"clusters": [...], "celsius": ..., "throttled": ...`, the
// members of an object; celsius is null where it is not known.
void cay_clusters_put_json(const char *sysfs, struct cay_buf *buf);
// What the machine calls itself: ROOT/proc/device-tree/model, or the product in ROOT/sys. "" if it
// does not.
void cay_machine_name(const char *root, char *ret, size_t size);

#endif
