// The kernel that a .nb names for an op.
#include "nb/nb.h"

#include <string.h>

// Copies text up to the next slash. Returns what follows it; NULL if there is none or no room.
static const char *take_name(const char *text, char *ret, size_t size)
{
	size_t len = strcspn(text, "/");

	if (text[len] != '/' || len >= size)
		return NULL;
	memcpy(ret, text, len);
	ret[len] = '\0';
	return text + len + 1;
}

// A number of one to three digits. Returns what follows it, NULL if there is none.
static const char *take_number(const char *text, int *ret)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 3)
		return NULL;
	*ret = 0;
	for (size_t i = 0; i < len; i++)
		*ret = *ret * 10 + (text[i] - '0');
	return text + len;
}

int cay_kernel_key_parse(const char *text, struct cay_kernel_key *ret, struct cay_err *err)
{
	static const char after[] = {'/', '/', '\0'}; // each number
	struct cay_kernel_key key;
	int *const numbers[] = {&key.target, &key.precision, &key.layout};
	const char *p = take_name(text, key.op, sizeof(key.op));

	p = p ? take_name(p, key.alias, sizeof(key.alias)) : NULL;
	for (int i = 0; i < 3 && p; i++) {
		p = take_number(p, numbers[i]);
		if (p && *p++ != after[i])
			p = NULL;
	}
	if (!p)
		return cay_fail(err, CAY_EMODEL,
				"kernel '%.100s': want op/alias/target/precision/layout", text);
	*ret = key;
	return 0;
}
