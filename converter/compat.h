// Which runtimes of Paddle-Lite a .nb file is for.
#ifndef CAY_CONVERTER_COMPAT_H
#define CAY_CONVERTER_COMPAT_H

#include "common/err.h"

#include <stdbool.h>

// Later ones run what is for earlier ones.
enum cay_compat {
	CAY_COMPAT_2_9,	 // from 2.9 on: what all of them compute correctly, in few ops
	CAY_COMPAT_2_13, // from 2.13 on: the ops that opt 2.13 writes, where they are right
	CAY_COMPATS,
};

// True if the ops are to be those of opt: what opt leaves as it is stays so.
static inline bool cay_compat_is_of_opt(enum cay_compat compat)
{
	return compat >= CAY_COMPAT_2_13;
}

// "2.9" or "2.13".
int cay_compat_parse(const char *text, enum cay_compat *ret, struct cay_err *err);

#endif
