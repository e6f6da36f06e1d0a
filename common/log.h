// One line of log on stderr, for programs; libraries never log.
#ifndef CAY_COMMON_LOG_H
#define CAY_COMMON_LOG_H

#include "common/err.h"

#include <stdbool.h>

enum cay_log_level { CAY_LOG_ERROR, CAY_LOG_WARNING, CAY_LOG_INFO, CAY_LOG_DEBUG };

void cay_log_set_level(enum cay_log_level level); // before threads start; INFO until then
// Before threads start. True if systemd's journal reads stderr: a line then begins with its
// priority, "<6>", and else, as it does by default, with time and level, "2026-11-27T02:00:01.803Z
// info: ".
void cay_log_set_journal(bool has_journal);
bool cay_log_is_on(enum cay_log_level level); // lines of that level are written
void cay_log(enum cay_log_level level, const char *fmt, ...) CAY_PRINTF(2, 3);

#endif
