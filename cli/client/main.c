// The subcommands that ask a daemon: the entrance to the shared object that cayuco loads for them.
#include "cli/client/client.h"
#include "cli/options.h"
#include "common/size.h"

#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"predict", cay_predict_main},	  {"load", cay_change_main},
	{"unload", cay_change_main},	  {"remove", cay_change_main},
	{"jobs", cay_jobs_main},	  {"convert", cay_client_convert_main},
	{"bench", cay_client_bench_main},
};

static const struct show {
	const char *name, *about;
	int (*show)(struct cay_client *client, bool json);
} shows[] = {
	{"status", "Shows a daemon, its machine and its models.", cay_status_show},
	{"ls", "Lists the models of a daemon.", cay_ls_show},
};

static int show_main(const struct show *show, int argc, char **argv)
{
	struct cay_client_args args = {0};
	struct cay_client *client = NULL;
	bool json = false;
	const struct cay_option options[] = {
		{"json", 0, CAY_OPTION_SWITCH, &json, NULL, "print JSON"},
		CAY_CLIENT_OPTIONS(&args),
	};
	const struct cay_syntax syntax = {
		.command = show->name,
		.about = show->about,
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	status = cay_client_open(&args, &client);
	if (status == CAY_EXIT_DONE)
		status = show->show(client, json);
	cay_client_free(client);
	return status;
}

int cay_client_main(int argc, char **argv)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(commands); i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	for (size_t i = 0; i < CAY_ARRAY_SIZE(shows); i++)
		if (strcmp(argv[0], shows[i].name) == 0)
			return show_main(&shows[i], argc, argv);
	return cay_exit_usage("no such command of a daemon's client: %s", argv[0]);
}
