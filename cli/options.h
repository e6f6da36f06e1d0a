// Command lines by table: values land in fields, and the help text comes from the same rows.
#ifndef CAY_CLI_OPTIONS_H
#define CAY_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define CAY_OPTIONS_MAX	 40 // rows of both tables
#define CAY_OPTION_TIMES 32 // how often a list's option may be given

struct cay_option_list {
	char *text[CAY_OPTION_TIMES];
	size_t count;
};

enum cay_option_kind {
	CAY_OPTION_SWITCH, // bool: --x, --x=true, --x false
	CAY_OPTION_TEXT,   // char *; an empty text counts as not given
	CAY_OPTION_NUMBER, // size_t, up to 1,000,000
	CAY_OPTION_LIST,   // struct cay_option_list
};

struct cay_option {
	const char *name;
	char letter; // 0: none; not for switches
	enum cay_option_kind kind;
	void *value;	      // where it goes
	const char *argument; // how the help text calls it
	const char *help;
};

// An option of a tool that this one stands in for, and why it is not here.
struct cay_option_refused {
	const char *name;
	const char *harmless; // the value that asks for nothing: "false", "" or opt's default
	const char *why;
};

// A word that stands for itself; a command takes its arguments in their order.
struct cay_argument {
	const char *name; // "MODEL", for messages and the help text
	char **value;
};

struct cay_syntax {
	const char *command, *about;
	const struct cay_argument *arguments;
	size_t argument_count;
	bool arguments_optional; // else all of them must be there
	const struct cay_option *options;
	size_t count;
	const struct cay_option_refused *refused;
	size_t refused_count;
};

#define CAY_OPTIONS_GO (-1)
// CAY_OPTIONS_GO, or the status to exit with: help has been printed, or what is wrong has.
int cay_options_parse(const struct cay_syntax *syntax, int argc, char **argv);

#endif
