// The names that models may have.
#include "daemon/models/model_files.h"

#include <string.h>

int cay_model_name_check(const char *name, struct cay_err *err)
{
	static const char first[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t len = strspn(name, first);

	if (len > 0)
		while (name[len] && (strchr(first, name[len]) || strchr("._-", name[len])))
			len++;
	if (len == 0 || name[len] || len > CAY_MODEL_NAME)
		return cay_fail(err, CAY_EBAD,
				"a model's name has 1 to %d letters, digits, '.', '_' and '-', and "
				"begins with a letter or digit",
				CAY_MODEL_NAME);
	return 0;
}
