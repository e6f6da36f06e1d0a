// The machine as it describes itself: its name, its heat, and both with its cores as JSON.
#ifndef CAY_BOARD_BOARD_H
#define CAY_BOARD_BOARD_H

#include "common/buf.h"

// What the machine calls itself: ROOT/proc/device-tree/model, or else the product's name in
// ROOT/sys. "" if it has none; a longer one is cut.
void cay_board_name(const char *root, char *ret, size_t size);
// The hottest thermal zone in SYSFS, in degrees Celsius; below -273 if there is none.
double cay_board_celsius(const char *sysfs);
// Appends members of a JSON object: `"clusters": [...], "celsius": ..., "throttled": ...`. celsius
// is null where it is not known.
void cay_board_put_json(const char *sysfs, struct cay_buf *buf);

#endif
