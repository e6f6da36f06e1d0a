// What a Raspberry Pi's firmware has against running at full speed.
#ifndef CAY_BOARD_THROTTLED_H
#define CAY_BOARD_THROTTLED_H

#include "common/buf.h"

// The firmware tells a sum of these bits, for now, and of the same bits shifted by
// CAY_THROTTLED_SINCE for any time since the board was started. Source: the documentation of
// `vcgencmd get_throttled`.
#define CAY_THROTTLES	    4
#define CAY_THROTTLED_NOW   0xfL
#define CAY_THROTTLED_SINCE 16
extern const struct cay_throttle {
	long bit;
	const char *reason; // "under_voltage"
} cay_throttles[CAY_THROTTLES];

// Reads the sum below SYSFS; -1 if no firmware tells one.
long cay_throttled_read(const char *sysfs);
// Appends {"now": [...], "since_boot": [...]} with the reasons, or null for -1.
void cay_throttled_put_json(long throttled, struct cay_buf *buf);
// Appends "under_voltage; since boot: under_voltage, throttled", or "no".
void cay_throttled_put_text(long throttled, struct cay_buf *buf);

#endif
