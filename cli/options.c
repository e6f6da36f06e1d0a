// Command lines by table, over getopt_long.
#include "cli/options.h"
#include "cli/cli.h"
#include "common/names.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What getopt_long returns: FIRST + i for row i, the refused rows after the others.
enum { HELP = 1, VERSION, FIRST = 256 };

static void print_option(const struct cay_option *option)
{
	char left[64];
	int n = option->letter ? snprintf(left, sizeof(left), "-%c, ", option->letter) : 0;

	snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s", option->name,
		 option->argument ? "=" : "", option->argument ? option->argument : "");
	printf("  %-34s %s\n", left, option->help);
}

static void print_help(const struct cay_syntax *syntax)
{
	printf("Usage: cayuco %s", syntax->command);
	for (size_t i = 0; i < syntax->argument_count; i++)
		printf(syntax->arguments_optional ? " [%s]" : " %s", syntax->arguments[i].name);
	printf(" [OPTIONS]\n%s\n\n", syntax->about);
	for (size_t i = 0; i < syntax->count; i++)
		print_option(&syntax->options[i]);
	for (size_t i = 0; i < syntax->refused_count; i++)
		printf("%s  --%s: %s\n", i ? "" : "\nNot supported:\n", syntax->refused[i].name,
		       syntax->refused[i].why);
}

// Both tables as getopt_long wants them.
static void describe(const struct cay_syntax *syntax, struct option *longs, char *shorts)
{
	int value = FIRST;

	*shorts++ = ':'; // a missing argument is told from an unknown option
	for (size_t i = 0; i < syntax->count; i++) {
		const struct cay_option *option = &syntax->options[i];

		*longs++ = (struct option){
			.name = option->name,
			.has_arg = option->kind == CAY_OPTION_SWITCH ? optional_argument
								     : required_argument,
			.val = value++,
		};
		if (option->letter) {
			*shorts++ = option->letter;
			*shorts++ = ':';
		}
	}
	for (size_t i = 0; i < syntax->refused_count; i++)
		*longs++ = (struct option){
			.name = syntax->refused[i].name,
			.has_arg = strcmp(syntax->refused[i].harmless, "false") == 0
					   ? optional_argument
					   : required_argument,
			.val = value++,
		};
	*longs++ = (struct option){.name = "help", .val = HELP};
	*longs++ = (struct option){.name = "version", .val = VERSION};
	*longs = (struct option){0};
	strcpy(shorts, "h");
}

static bool parse_switch(const char *text, bool *ret)
{
	*ret = !text || strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
	return *ret || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

static int store_number(const struct cay_option *option, const char *text)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || number > 1000000)
		return cay_exit_usage("--%s=%s: want a number up to 1000000", option->name, text);
	*(size_t *)option->value = number;
	return CAY_OPTIONS_GO;
}

static int store_list(const struct cay_option *option, char *text)
{
	struct cay_option_list *list = option->value;

	if (list->count == CAY_OPTION_TIMES)
		return cay_exit_usage("--%s: given more than %d times", option->name,
				      CAY_OPTION_TIMES);
	list->text[list->count++] = text;
	return CAY_OPTIONS_GO;
}

static int store_switch(const struct cay_option *option, const char *text)
{
	if (!parse_switch(text, option->value))
		return cay_exit_usage("--%s=%s: want true or false", option->name, text);
	return CAY_OPTIONS_GO;
}

static int store(const struct cay_option *option, char *text)
{
	switch (option->kind) {
	case CAY_OPTION_SWITCH:
		return store_switch(option, text);
	case CAY_OPTION_TEXT:
		*(char **)option->value = *text ? text : NULL;
		return CAY_OPTIONS_GO;
	case CAY_OPTION_NUMBER:
		return store_number(option, text);
	case CAY_OPTION_LIST:
		return store_list(option, text);
	}
	return CAY_OPTIONS_GO;
}

static int refuse(const struct cay_option_refused *refused, const char *text)
{
	if (text && strcmp(text, refused->harmless) == 0)
		return CAY_OPTIONS_GO;
	return cay_exit_usage("--%s is not supported: %s", refused->name, refused->why);
}

// Prints what is wrong with the option for which getopt_long returned '?' or ':'.
static int complain(const struct cay_syntax *syntax, int value, char **argv)
{
	char letter[] = {'-', (char)optopt, '\0'};
	const char *text = optopt > 0 && optopt < FIRST ? letter : argv[optind - 1];
	struct cay_guess guess = {0};

	for (size_t i = 0; value == '?' && strncmp(text, "--", 2) == 0 && i < syntax->count; i++)
		cay_guess_try(&guess, syntax->options[i].name, text + 2, strcspn(text + 2, "="));
	if (guess.name)
		return cay_exit_usage("%s: no such option: %s: is --%s meant?", syntax->command,
				      text, guess.name);
	return cay_exit_usage("%s: %s %s (see cayuco %s --help)", syntax->command,
			      value == ':' ? "no argument for" : "no such option:", text,
			      syntax->command);
}

// Takes the value of `--switch true`, which the Python form of opt writes so.
static char *take_word(int argc, char **argv)
{
	bool on;

	return optind < argc && parse_switch(argv[optind], &on) ? argv[optind++] : NULL;
}

static int take(const struct cay_syntax *syntax, int value, int argc, char **argv)
{
	size_t row = (size_t)(value - FIRST);
	char *text = optarg;

	if (value == '?' || value == ':')
		return complain(syntax, value, argv);
	if (value < FIRST)
		for (row = 0; syntax->options[row].letter != value;)
			row++;
	if (!text)
		text = take_word(argc, argv);
	return row < syntax->count ? store(&syntax->options[row], text)
				   : refuse(&syntax->refused[row - syntax->count], text);
}

static int take_arguments(const struct cay_syntax *syntax, int argc, char **argv)
{
	size_t given = (size_t)(argc - optind);

	if (given > syntax->argument_count)
		return cay_exit_usage("%s: unexpected argument '%s' (see cayuco %s --help)",
				      syntax->command, argv[argc - 1], syntax->command);
	if (given < syntax->argument_count && !syntax->arguments_optional)
		return cay_exit_usage("%s: no %s given (see cayuco %s --help)", syntax->command,
				      syntax->arguments[given].name, syntax->command);
	for (size_t i = 0; i < given; i++)
		*syntax->arguments[i].value = argv[optind + (int)i];
	return CAY_OPTIONS_GO;
}

int cay_options_parse(const struct cay_syntax *syntax, int argc, char **argv)
{
	struct option longs[CAY_OPTIONS_MAX + 3];
	char shorts[2 * CAY_OPTIONS_MAX + 3];
	int value, status = CAY_OPTIONS_GO;

	assert(syntax->count + syntax->refused_count <= CAY_OPTIONS_MAX);
	describe(syntax, longs, shorts);
	optind = 0; // begins anew, also for glibc's own state
	opterr = 0;
	while (status == CAY_OPTIONS_GO &&
	       (value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (value == HELP || value == 'h') {
			print_help(syntax);
			return CAY_EXIT_DONE;
		}
		if (value == VERSION) {
			printf("cayuco %s\n", CAY_VERSION);
			return CAY_EXIT_DONE;
		}
		status = take(syntax, value, argc, argv);
	}
	return status == CAY_OPTIONS_GO ? take_arguments(syntax, argc, argv) : status;
}
