// Which runtimes of Paddle-Lite a .nb file is for.
#include "converter/compat.h"

#include <string.h>

static const char *const names[CAY_COMPATS] = {
	[CAY_COMPAT_2_9] = "2.9",
	[CAY_COMPAT_2_13] = "2.13",
};

int cay_compat_parse(const char *text, enum cay_compat *ret, struct cay_err *err)
{
	for (int i = 0; i < CAY_COMPATS; i++)
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum cay_compat)i;
			return 0;
		}
	return cay_fail(err, CAY_EBAD, "no files for '%.20s': want 2.9 or 2.13", text);
}
