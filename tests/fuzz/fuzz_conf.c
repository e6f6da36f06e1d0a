// Fuzz target: the file of settings. What is refused says why, and what is taken can be blamed.
#define _GNU_SOURCE // memfd_create
#include "daemon/conf.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct memory_file file = memory_file_new(data, len);
	char flag[64], name[] = "cayucod", *argv[] = {name, flag, NULL}, *env[] = {NULL};
	enum cay_conf_action action;
	struct cay_err err = {0};
	struct cay_conf conf;

	snprintf(flag, sizeof(flag), "--config=%s", file.path);
	if (cay_conf_load(&conf, 2, argv, env, &action, &err) < 0) {
		if (!*err.msg)
			abort();
	} else {
		if (action != CAY_CONF_RUN || conf.instances < 1 || conf.listen.count < 1)
			abort();
		cay_conf_blame(&conf, &conf.listen.item[0], &err);
	}
	cay_conf_finish(&conf);
	close(file.fd);
	return 0;
}
