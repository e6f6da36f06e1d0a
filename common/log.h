// One line of log on stderr, for programs; libraries never log.
#ifndef CAY_COMMON_LOG_H
#define CAY_COMMON_LOG_H

#include "common/err.h"

#include <stdbool.h>

enum cay_log_level { CAY_LOG_ERROR, CAY_LOG_WARNING, CAY_LOG_INFO, CAY_LOG_DEBUG };

void cay_log_set_level(enum cay_log_level level); // before threads start; INFO until then
bool cay_log_is_on(enum cay_log_level level);	  // lines of that level are written
void cay_log(enum cay_log_level level, const char *fmt, ...) CAY_PRINTF(2, 3);

#endif
