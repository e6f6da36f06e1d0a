// The settings: one table of keys for the file, the environment and the flags.
#include "daemon/conf.h"
#include "common/buf.h"
#include "common/names.h"
#include "common/size.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { TEXT, LIST, COUNT, BYTES, LEVEL };

struct key {
	const char *name, *fallback; // fallback NULL: none
	enum type type;
	size_t offset; // in struct cay_conf
	size_t min, max;
	const char *help;
};

#define KEY(name, type, fallback, min, max, help)                                                  \
	{                                                                                          \
#name, fallback, type, offsetof(struct cay_conf, name), min, max, help             \
	}
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

#define MAX_LINES 10000 // of a file of settings

static const struct key keys[] = {
	KEY(listen, LIST, "127.0.0.1:8080", 0, 0,
	    "ADDRESS:PORT or unix:PATH; port 0 is a free one"),
	KEY(hosts, LIST, NULL, 0, 0, "names besides loopback that a Host header may have"),
	KEY(token_file, TEXT, NULL, 0, 0, "holds the token that requests must come with"),
	KEY(admin_token_file, TEXT, NULL, 0, 0, "holds the token that changing models takes"),
	KEY(tls_certificate, TEXT, NULL, 0, 0, "certificate chain (PEM) that makes http https"),
	KEY(tls_key, TEXT, NULL, 0, 0, "its private key (PEM)"),
	KEY(state, TEXT, NULL, 0, 0, "directory of models [the system's place for state]"),
	KEY(model, TEXT, NULL, 0, 0, "model of a /predict that names none [the only one]"),
	KEY(cpu, TEXT, NULL, 0, 0, "kernels to use at most [what the machine has]"),
	KEY(instances, COUNT, "2", 1, 64, "inferences at once, per model"),
	KEY(threads, COUNT, "1", 1, 64, "threads of each inference"),
	KEY(queue, COUNT, "64", 1, 65536, "requests that may wait, per model"),
	KEY(deadline, COUNT, "10", 1, 3600, "seconds for a request"),
	KEY(idle_timeout, COUNT, "30", 1, 3600, "seconds until a silent connection is closed"),
	KEY(connections, COUNT, "256", 1, 65536, "open connections"),
	KEY(connections_per_address, COUNT, "32", 1, 65536, "open connections of one client"),
	KEY(body_limit, BYTES, "64M", 1, GIB, "bytes of a request body"),
	KEY(bodies_limit, BYTES, "256M", 1, 4 * GIB - 1,
	    "bytes of all bodies in memory, and of answers"),
	KEY(json_depth, COUNT, "32", 1, 64, "nesting of JSON"),
	KEY(arena_limit, BYTES, "256M", 1, 4 * GIB - 1, "bytes of the activations of an inference"),
	KEY(picture_pixels, BYTES, "32M", 1, GIB, "pixels of a picture"),
	KEY(picture_memory, BYTES, "64M", MIB, GIB, "bytes of a progressive or interlaced picture"),
	KEY(models_limit, BYTES, "512M", 1, 4 * GIB - 1, "bytes of the weights of all models"),
	KEY(load_timeout, COUNT, "300", 1, 3600, "seconds for loading a model and its first run"),
	KEY(threads_limit, COUNT, "64", 1, 4096,
	    "instances times threads, as a model.json may say"),
	KEY(queue_limit, COUNT, "1024", 1, 65536,
	    "requests that may wait, as a model.json may say"),
	KEY(versions, COUNT, "2", 1, 100, "versions kept on disk, per model"),
	KEY(upload_limit, BYTES, "512M", 1, 4 * GIB - 1, "bytes of an uploaded model directory"),
	KEY(upload_files, COUNT, "4096", 1, 65536, "files in it"),
	KEY(jobs, COUNT, "100", 1, 10000, "conversions that are remembered after their end"),
	KEY(conversion_timeout, COUNT, "120", 1, 86400, "seconds for a conversion"),
	KEY(conversion_memory, BYTES, "1G", 16 * MIB, 4 * GIB - 1,
	    "bytes of memory of a conversion"),
	KEY(state_limit, BYTES, "4G", MIB, SIZE_MAX, "bytes of the state directory"),
	KEY(log_level, LEVEL, "info", 0, 0, "error, warning, info or debug"),
};
#define KEYS CAY_ARRAY_SIZE(keys)
static_assert(KEYS <= CAY_CONF_KEYS, "raise CAY_CONF_KEYS");

// Each source of settings replaces what the one before it said; lists grow within a source.
struct loader {
	struct cay_conf *conf;
	enum cay_conf_source source;
	FILE *file;
	int line;	     // of it
	struct cay_err *err; // of the first bad line
	bool failed;
};

// True if `text` is the name: its case does not matter, and dashes stand for underscores.
static bool is_name(const char *name, const char *text, size_t len)
{
	size_t i = 0;

	for (; i < len && name[i]; i++)
		if (tolower((unsigned char)text[i]) != name[i] &&
		    !(text[i] == '-' && name[i] == '_'))
			return false;
	return i == len && !name[i];
}

static const struct key *find_key(const char *text, size_t len)
{
	for (size_t i = 0; i < KEYS; i++)
		if (is_name(keys[i].name, text, len))
			return &keys[i];
	return NULL;
}

// Writes a number, with K, M, G or T where that is shorter.
static const char *size_text(size_t size, char text[static 24])
{
	static const char *const units[] = {"", "K", "M", "G", "T"};
	size_t unit = 0;

	for (; size && size % 1024 == 0 && unit < CAY_ARRAY_SIZE(units) - 1; unit++)
		size /= 1024;
	snprintf(text, 24, "%zu%s", size, units[unit]);
	return text;
}

static int fail_number(const struct key *key, const char *value, struct cay_err *err)
{
	char min[24], max[24];

	if (key->type == COUNT)
		return cay_fail(err, CAY_EBAD, "'%s' is not a number from %zu to %zu", value,
				key->min, key->max);
	return cay_fail(err, CAY_EBAD, "'%s' is not a size from %s to %s, as 64M is", value,
			size_text(key->min, min), size_text(key->max, max));
}

static int parse_number(const struct key *key, const char *value, size_t *ret, struct cay_err *err)
{
	static const char units[] = "KMGT";
	unsigned long long n;
	char *end;
	size_t size;

	errno = 0;
	n = strtoull(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || errno || n > SIZE_MAX)
		return fail_number(key, value, err);
	size = (size_t)n;
	if (key->type == BYTES && *end) {
		const char *unit = strchr(units, toupper((unsigned char)*end));

		for (const char *u = units; unit && u <= unit; u++)
			if (!cay_size_mul(size, 1024, &size))
				return fail_number(key, value, err);
		end += unit != NULL;
	}
	if (*end || size < key->min || size > key->max)
		return fail_number(key, value, err);
	*ret = size;
	return 0;
}

static int parse_level(const char *value, enum cay_log_level *ret, struct cay_err *err)
{
	static const char *const levels[] = {
		[CAY_LOG_ERROR] = "error",
		[CAY_LOG_WARNING] = "warning",
		[CAY_LOG_INFO] = "info",
		[CAY_LOG_DEBUG] = "debug",
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(levels); i++) {
		if (strcmp(value, levels[i]) == 0) {
			*ret = (enum cay_log_level)i;
			return 0;
		}
	}
	return cay_fail(err, CAY_EBAD, "'%s' is not error, warning, info or debug", value);
}

static void list_clear(struct cay_conf_list *list)
{
	while (list->count > 0)
		free(list->item[--list->count]);
}

// Items are separated by commas or blanks.
static int list_add(struct cay_conf_list *list, const char *value, int line, struct cay_err *err)
{
	static const char separators[] = ", \t";

	for (value += strspn(value, separators); *value; value += strspn(value, separators)) {
		size_t len = strcspn(value, separators);

		if (list->count == CAY_CONF_LIST)
			return cay_fail(err, CAY_EBAD, "more than %d values", CAY_CONF_LIST);
		list->line[list->count] = line;
		list->item[list->count] = strndup(value, len);
		if (!list->item[list->count++])
			return cay_fail_memory(err);
		value += len;
	}
	return 0;
}

// Fails for an unknown name, which the message has between `open` and `close`.
static int fail_name(const char *what, const char *open, const char *name, size_t len,
		     const char *close, struct cay_err *err)
{
	struct cay_guess guess = {0};

	for (size_t i = 0; i < KEYS; i++)
		cay_guess_try(&guess, keys[i].name, name, len);
	if (guess.name)
		return cay_fail(err, CAY_EBAD, "%s%s%.*s%s: is %s%s%s meant?", what, open, (int)len,
				name, close, open, guess.name, close);
	return cay_fail(err, CAY_EBAD, "%s%s%.*s%s (see cayucod --help)", what, open, (int)len,
			name, close);
}

static int set_text(char **text, const char *value, struct cay_err *err)
{
	free(*text);
	*text = *value ? strdup(value) : NULL;
	return *value && !*text ? cay_fail_memory(err) : 0;
}

static int set_key(struct loader *loader, const struct key *key, const char *value,
		   struct cay_err *err)
{
	void *at = (char *)loader->conf + key->offset;
	struct cay_conf_place *place = &loader->conf->places[key - keys];
	const bool again = place->source == loader->source;

	*place = (struct cay_conf_place){loader->source, loader->line};
	switch (key->type) {
	case TEXT:
		return set_text(at, value, err);
	case LIST:
		if (!again)
			list_clear(at);
		return list_add(at, value, loader->line, err);
	case COUNT:
	case BYTES:
		return parse_number(key, value, at, err);
	case LEVEL:
		return parse_level(value, at, err);
	}
	return 0;
}

static int load_defaults(struct loader *loader, struct cay_err *err)
{
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].fallback && set_key(loader, &keys[i], keys[i].fallback, err) < 0)
			return -1;
	return 0;
}

// ini.h's callback: 0 is a bad line.
static int on_line(void *user, const char *section, const char *name, const char *value)
{
	struct loader *loader = user;
	const struct key *key = find_key(name, strlen(name));

	if (loader->failed)
		return 0; // the first one is told
	if (*section && strcmp(section, "cayuco") != 0)
		loader->failed = cay_fail(loader->err, CAY_EBAD,
					  "unknown section '%s': keys stand in none", section) < 0;
	else if (!key)
		loader->failed =
			fail_name("unknown key ", "'", name, strlen(name), "'", loader->err) < 0;
	else if (set_key(loader, key, value, loader->err) < 0)
		loader->failed = cay_wrap(loader->err, "%s", key->name) < 0;
	return !loader->failed;
}

// ini.h's reader, which counts lines for cay_conf_blame.
static char *read_line(char *text, int size, void *user)
{
	struct loader *loader = user;

	if (loader->line == MAX_LINES) {
		cay_fail(loader->err, CAY_ETOOLARGE, "more than %d lines", MAX_LINES);
		loader->failed = true;
		return NULL;
	}
	loader->line++;
	return fgets(text, size, loader->file);
}

static int load_file(struct loader *loader, const char *path, struct cay_err *err)
{
	int line;

	loader->source = CAY_CONF_FILE;
	loader->err = err;
	loader->conf->file = strdup(path);
	if (!loader->conf->file)
		return cay_fail_memory(err);
	loader->file = fopen(path, "re");
	if (!loader->file) {
		cay_fail_errno(err, "cannot read");
		return cay_wrap(err, "%s", path);
	}
	line = ini_parse_stream(read_line, loader, on_line, loader);
	if (ferror(loader->file)) { // of a directory, too
		cay_fail_errno(err, "cannot read");
		loader->failed = true;
	}
	fclose(loader->file);
	loader->line = 0;
	if (line > 0 && !loader->failed)
		cay_fail(err, CAY_EBAD, "not `key = value`");
	if (line > 0)
		return cay_wrap(err, "%s:%d", path, line);
	return loader->failed ? cay_wrap(err, "%s", path) : 0;
}

static int load_environment(struct loader *loader, char **env, struct cay_err *err)
{
	static const char prefix[] = "CAYUCO_";

	loader->source = CAY_CONF_ENVIRONMENT;
	for (; *env; env++) {
		const char *name = *env + strlen(prefix), *equals = strchr(*env, '=');
		const struct key *key;

		if (strncmp(*env, prefix, strlen(prefix)) != 0 || !equals)
			continue;
		key = find_key(name, (size_t)(equals - name)); // others are the client's
		if (key && set_key(loader, key, equals + 1, err) < 0)
			return cay_wrap(err, "%.*s", (int)(equals - *env), *env);
	}
	return 0;
}

// One flag, as `--name value` or `--name=value`.
struct flag {
	const char *name, *value; // value NULL: there is none
	size_t len;		  // of the name
};

// Reads the flag at argv[*i] and steps to its last argument.
static int next_flag(int argc, char **argv, int *i, struct flag *ret, struct cay_err *err)
{
	const char *arg = argv[*i];
	static const char *const alone[] = {"help", "version"};

	if (strcmp(arg, "-h") == 0)
		arg = "--help";
	if (strncmp(arg, "--", 2) != 0 || !arg[2])
		return cay_fail(err, CAY_EBAD, "'%s' is not a flag (see cayucod --help)", arg);
	*ret = (struct flag){.name = arg + 2, .len = strcspn(arg + 2, "=")};
	if (ret->name[ret->len] == '=')
		ret->value = ret->name + ret->len + 1;
	for (size_t n = 0; n < CAY_ARRAY_SIZE(alone); n++)
		if (is_name(alone[n], ret->name, ret->len))
			return 0;
	if (!ret->value && *i + 1 < argc)
		ret->value = argv[++*i];
	return 0;
}

// Flags are walked twice: for --config, --help and --version before the file is read, for the rest
// after the environment.
static int load_flags(struct loader *loader, int argc, char **argv, const char **ret_config,
		      enum cay_conf_action *ret_action, struct cay_err *err)
{
	for (int i = 1; i < argc; i++) {
		const struct key *key;
		struct flag flag;

		if (next_flag(argc, argv, &i, &flag, err) < 0)
			return -1;
		key = find_key(flag.name, flag.len);
		if (is_name("help", flag.name, flag.len))
			*ret_action = CAY_CONF_HELP;
		else if (is_name("version", flag.name, flag.len))
			*ret_action = CAY_CONF_VERSION;
		else if (!key && !is_name("config", flag.name, flag.len))
			return fail_name("no such flag: ", "--", flag.name, flag.len, "", err);
		else if (!flag.value)
			return cay_fail(err, CAY_EBAD, "--%.*s: wants a value", (int)flag.len,
					flag.name);
		else if (!key)
			*ret_config = flag.value;
		else if (loader->source == CAY_CONF_FLAG &&
			 set_key(loader, key, flag.value, err) < 0)
			return cay_wrap(err, "--%.*s", (int)flag.len, flag.name);
	}
	return 0;
}

// The default state directory: systemd's, else the user's.
static int default_state(char **ret, char **env, struct cay_err *err)
{
	static const struct {
		const char *variable, *suffix;
	} places[] = {
		{"STATE_DIRECTORY=", ""},
		{"XDG_STATE_HOME=", "/cayuco"},
		{"HOME=", "/.local/state/cayuco"},
	};
	struct cay_buf path = {0};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(places); i++) {
		for (char **e = env; *e; e++) {
			const char *value = *e + strlen(places[i].variable);

			if (strncmp(*e, places[i].variable, strlen(places[i].variable)) != 0 ||
			    !*value)
				continue;
			cay_buf_put(&path, value,
				    strcspn(value, ":")); // systemd lists several with colons
			cay_buf_text(&path, places[i].suffix);
			*ret = (char *)(uintptr_t)cay_buf_cstr(&path);
			return *ret ? 0 : cay_fail_memory(err);
		}
	}
	return cay_fail(err, CAY_EBAD, "--state: no directory given");
}

int cay_conf_load(struct cay_conf *ret, int argc, char **argv, char **env,
		  enum cay_conf_action *ret_action, struct cay_err *err)
{
	struct loader loader = {.conf = ret};
	const char *config = NULL;

	*ret = (struct cay_conf){0};
	*ret_action = CAY_CONF_RUN;
	if (load_defaults(&loader, err) < 0 ||
	    load_flags(&loader, argc, argv, &config, ret_action, err) < 0)
		return -1;
	if (*ret_action != CAY_CONF_RUN)
		return 0;
	if ((config && load_file(&loader, config, err) < 0) ||
	    load_environment(&loader, env, err) < 0)
		return -1;
	loader.source = CAY_CONF_FLAG;
	if (load_flags(&loader, argc, argv, &config, ret_action, err) < 0)
		return -1;
	return ret->state ? 0 : default_state(&ret->state, env, err);
}

void cay_conf_finish(struct cay_conf *conf)
{
	for (size_t i = 0; i < KEYS; i++) {
		void *at = (char *)conf + keys[i].offset;

		if (keys[i].type == TEXT)
			free(*(char **)at);
		else if (keys[i].type == LIST)
			list_clear(at);
	}
	free(conf->file);
	*conf = (struct cay_conf){0};
}

// The key whose value is at that offset in struct cay_conf.
static const struct key *find_offset(size_t offset)
{
	const struct key *found = &keys[0];

	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].offset <= offset && keys[i].offset >= found->offset)
			found = &keys[i];
	return found;
}

int cay_conf_blame(const struct cay_conf *conf, const void *member, struct cay_err *err)
{
	const struct key *key = find_offset((size_t)((const char *)member - (const char *)conf));
	const struct cay_conf_place *place = &conf->places[key - keys];
	const struct cay_conf_list *list = (const void *)((const char *)conf + key->offset);
	char variable[64] = "";

	switch (place->source) {
	case CAY_CONF_DEFAULT:
		return cay_wrap(err, "%s", key->name);
	case CAY_CONF_FILE:
		return cay_wrap(err, "%s:%d: %s", conf->file,
				key->type == LIST ? list->line[(char *const *)member - list->item]
						  : place->line,
				key->name);
	case CAY_CONF_ENVIRONMENT:
		for (size_t i = 0; key->name[i] && i < sizeof(variable) - 1; i++)
			variable[i] = (char)toupper((unsigned char)key->name[i]);
		return cay_wrap(err, "CAYUCO_%s", variable);
	case CAY_CONF_FLAG:
		return cay_wrap(err, "--%s", key->name);
	}
	return -1;
}

void cay_conf_help(void)
{
	printf("Usage: cayucod [--config FILE] [--KEY VALUE]...\n\n"
	       "Every key is a flag, a line `KEY = VALUE` of the file, and a variable "
	       "CAYUCO_KEY.\n\n"
	       "  --%-24s %s\n",
	       "config", "file of settings");
	for (size_t i = 0; i < KEYS; i++) {
		const char *fallback = keys[i].fallback;

		printf("  --%-24s %s%s%s%s\n", keys[i].name, keys[i].help, fallback ? " [" : "",
		       fallback ? fallback : "", fallback ? "]" : "");
	}
	printf("  --%-24s %s\n  --%-24s %s\n", "version", "print it", "help", "print this");
}
