// cayuco: offline work on models, and a client of a daemon; one subcommand each.
#include "cli/cli.h"
#include "common/names.h"
#include "common/size.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{"convert", cay_convert_main, "a Paddle model directory into a .nb file, or to a daemon"},
	{"opt", cay_convert_main, "the same, by the name that Paddle-Lite gave it"},
	{"run", cay_run_main, "a model on tensors from files"},
	{"inspect", cay_inspect_main, "inputs, outputs and ops of a model, and what runs as int8"},
	{"diff", cay_diff_main, "two models on one input, tensor by tensor"},
	{"bench", cay_bench_main, "how long a model takes, and each op of it; or a daemon's model"},
	{"status", cay_ask_main, "a daemon, its machine and its models"},
	{"ls", cay_ask_main, "the models of a daemon"},
	{"predict", cay_ask_main, "a picture or a tensor to a daemon's model"},
	{"load", cay_ask_main, "a daemon's model into service"},
	{"unload", cay_ask_main, "a daemon's model out of service"},
	{"remove", cay_ask_main, "a daemon's model out of service and off its disk"},
	{"jobs", cay_ask_main, "the conversions of a daemon"},
};

// Commands that go to a daemon when one of their options is there.
static const struct {
	const char *name, *option;
} remote[] = {
	{"convert", "--to"},
	{"bench", "--model"},
};

static bool has_option(int argc, char **argv, const char *option)
{
	const size_t len = strlen(option);

	for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strncmp(argv[i], option, len) == 0 && (!argv[i][len] || argv[i][len] == '='))
			return true;
	return false;
}

static void print_help(FILE *file)
{
	fprintf(file, "Usage: cayuco COMMAND [OPTIONS]\n\n");
	for (size_t i = 0; i < CAY_ARRAY_SIZE(commands); i++)
		fprintf(file, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fprintf(file,
		"\n  cayuco COMMAND --help   what the command takes\n"
		"  cayuco --version\n\n"
		"MODEL is a .nb file (- is stdin) or a Paddle model directory. Exit status: "
		"0 done, 1 the input\nis at fault, 2 the command line is, 3 the system is.\n");
}

static int complain(const char *command)
{
	struct cay_guess guess = {0};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(commands); i++)
		cay_guess_try(&guess, commands[i].name, command, strlen(command));
	if (guess.name)
		return cay_exit_usage("no such command: %s: is %s meant?", command, guess.name);
	return cay_exit_usage("no such command: %s (see cayuco --help)", command);
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return CAY_EXIT_USAGE;
	}
	if (strcmp(argv[1], "help") == 0) { // [COMMAND], as git has it
		char help[] = "--help", *asked[] = {argv[0], argc > 2 ? argv[2] : help, help, NULL};

		return run(3, asked);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return CAY_EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("cayuco %s\n", CAY_VERSION);
		return CAY_EXIT_DONE;
	}
	for (size_t i = 0; i < CAY_ARRAY_SIZE(remote); i++)
		if (strcmp(argv[1], remote[i].name) == 0 &&
		    has_option(argc, argv, remote[i].option))
			return cay_ask_main(argc - 1, argv + 1);
	for (size_t i = 0; i < CAY_ARRAY_SIZE(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return complain(argv[1]);
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);

	// A full disk shows itself only when the buffer is written.
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == CAY_EXIT_DONE) {
		struct cay_err err;

		cay_fail_errno(&err, "cannot write");
		return cay_exit_fail("standard output", &err);
	}
	return status;
}
