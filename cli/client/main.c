// The subcommands that ask a daemon: the entrance to the shared object that cayuco loads for them.
#include "cli/client/client.h"
#include "common/size.h"

#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"status", cay_status_main},	  {"ls", cay_ls_main},
	{"predict", cay_predict_main},	  {"load", cay_change_main},
	{"unload", cay_change_main},	  {"remove", cay_change_main},
	{"jobs", cay_jobs_main},	  {"convert", cay_client_convert_main},
	{"bench", cay_client_bench_main},
};

int cay_client_main(int argc, char **argv)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(commands); i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	return cay_exit_usage("no such command of a daemon's client: %s", argv[0]);
}
