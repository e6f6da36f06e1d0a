// Tests of daemon/conf.c.
#include "daemon/conf.h"
#include "common/size.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *no_env[] = {"HOME=/home/ann", NULL};

static int load(struct cay_conf *conf, char **env, struct cay_err *err, size_t argc, char **argv)
{
	enum cay_conf_action action;

	return cay_conf_load(conf, (int)argc, argv, env, &action, err);
}

#define LOAD(conf, env, err, ...)                                                                  \
	load(conf, env, err, CAY_ARRAY_SIZE(((char *[]){"cayucod", __VA_ARGS__})),                 \
	     (char *[]){"cayucod", __VA_ARGS__})

// Writes a settings file; the caller unlinks the path.
static void write_file(char path[32], const char *text)
{
	int fd;

	strcpy(path, "/tmp/cay_conf_XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

START_TEST(defaults_are_those_of_the_design)
{
	struct cay_conf conf;
	struct cay_err err = {0};

	ck_ok(load(&conf, no_env, &err, 1, (char *[]){"cayucod"}), err);
	ck_assert_uint_eq(conf.listen.count, 1);
	ck_assert_str_eq(conf.listen.item[0], "127.0.0.1:8080");
	ck_assert_str_eq(conf.state, "/home/ann/.local/state/cayuco");
	ck_assert_uint_eq(conf.body_limit, 64 << 20);
	ck_assert_uint_eq(conf.queue, 64);
	ck_assert_uint_eq(conf.json_depth, 32);
	ck_assert_ptr_null(conf.model);
	ck_assert_int_eq(conf.log_level, CAY_LOG_INFO);
	cay_conf_finish(&conf);
}
END_TEST

START_TEST(flags_win_over_environment_and_that_over_the_file)
{
	char *env[] = {"CAYUCO_QUEUE=20", "CAYUCO_INSTANCES=3", "CAYUCO_URL=x", "HOME=/h", NULL};
	struct cay_conf conf;
	struct cay_err err = {0};
	char path[32];

	write_file(path, "# a comment\n[cayuco]\nqueue = 10\ninstances = 2\nbody_limit = 2M\n");
	ck_ok(LOAD(&conf, env, &err, "--config", path, "--instances=4"), err);
	ck_assert_uint_eq(conf.instances, 4);
	ck_assert_uint_eq(conf.queue, 20);
	ck_assert_uint_eq(conf.body_limit, 2 << 20);
	cay_conf_finish(&conf);
	unlink(path);
}
END_TEST

START_TEST(a_list_grows_within_a_source_and_replaces_the_one_before)
{
	char *env[] = {"CAYUCO_HOSTS=a, b", "STATE_DIRECTORY=/var/lib/cayuco:/other", NULL};
	struct cay_conf conf;
	struct cay_err err = {0};

	ck_ok(LOAD(&conf, env, &err, "--listen", "[::1]:0", "--listen=unix:/run/c.sock"), err);
	ck_assert_uint_eq(conf.listen.count, 2);
	ck_assert_str_eq(conf.listen.item[1], "unix:/run/c.sock");
	ck_assert_uint_eq(conf.hosts.count, 2);
	ck_assert_str_eq(conf.hosts.item[1], "b");
	ck_assert_str_eq(conf.state, "/var/lib/cayuco");
	cay_conf_finish(&conf);
}
END_TEST

START_TEST(dashes_are_as_good_as_underscores)
{
	struct cay_conf conf;
	struct cay_err err = {0};

	ck_ok(LOAD(&conf, no_env, &err, "--body-limit", "5k", "--log-level=debug"), err);
	ck_assert_uint_eq(conf.body_limit, 5120);
	ck_assert_int_eq(conf.log_level, CAY_LOG_DEBUG);
	cay_conf_finish(&conf);
}
END_TEST

START_TEST(a_bad_flag_is_named)
{
	static const struct {
		char *flag;
		const char *message;
	} bad[] = {
		{"--lisen=x", "no such flag: --lisen: is --listen meant?"},
		{"--frob=x", "no such flag: --frob (see cayucod --help)"},
		{"--queue=many", "--queue: 'many' is not a number from 1 to 65536"},
		{"--queue=-1", "--queue: '-1' is not a number from 1 to 65536"},
		{"--queue=0", "--queue: '0' is not a number from 1 to 65536"},
		{"--queue=1k", "--queue: '1k' is not a number from 1 to 65536"},
		{"--body-limit=99999999999G",
		 "--body-limit: '99999999999G' is not a size from 1 to 1G, as 64M is"},
		{"--body-limit=99999999999999999999",
		 "--body-limit: '99999999999999999999' is not a size from 1 to 1G, as 64M is"},
		{"--conversion-memory=1K",
		 "--conversion-memory: '1K' is not a size from 16M to 4294967295, as 64M is"},
		{"--body_limit=64 MB",
		 "--body_limit: '64 MB' is not a size from 1 to 1G, as 64M is"},
		{"--log_level=loud", "--log_level: 'loud' is not error, warning, info or debug"},
		{"--queue", "--queue: wants a value"},
		{"queue", "'queue' is not a flag (see cayucod --help)"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(bad); i++) {
		struct cay_conf conf;
		struct cay_err err = {0};

		ck_assert_int_eq(LOAD(&conf, no_env, &err, bad[i].flag), -1);
		ck_assert_str_eq(err.msg, bad[i].message);
		ck_assert_int_eq(err.code, CAY_EBAD);
		cay_conf_finish(&conf);
	}
}
END_TEST

START_TEST(a_bad_line_is_named_with_file_and_number)
{
	static const char *const bad[][2] = {
		{"queue = 1\n\nlisen = x\n", ":3: unknown key 'lisen': is 'listen' meant?"},
		{"queue = x\n", ":1: queue: 'x' is not a number from 1 to 65536"},
		{"[other]\nqueue = 1\n", ":2: unknown section 'other': keys stand in none"},
		{"queue = 1\njust words\n", ":2: not `key = value`"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(bad); i++) {
		struct cay_err err = {0};
		struct cay_conf conf;
		char path[32];

		write_file(path, bad[i][0]);
		ck_assert_int_eq(LOAD(&conf, no_env, &err, "--config", path), -1);
		ck_assert_int_eq(strncmp(err.msg, path, strlen(path)), 0);
		ck_assert_str_eq(err.msg + strlen(path), bad[i][1]);
		ck_assert_int_eq(err.code, CAY_EBAD);
		cay_conf_finish(&conf);
		unlink(path);
	}
}
END_TEST

START_TEST(a_setting_knows_where_it_was_said)
{
	char *env[] = {"CAYUCO_QUEUE=20", "HOME=/h", NULL};
	struct cay_conf conf;
	struct cay_err err = {0};
	char path[32], wanted[64];

	write_file(path, "listen = 127.0.0.1:1\n\n# x\nlisten = 127.0.0.1:2\nmodel = m\n");
	ck_ok(LOAD(&conf, env, &err, "--config", path, "--instances=4"), err);
	snprintf(wanted, sizeof(wanted), "%s:4: listen: bad", path);
	cay_fail(&err, CAY_EBAD, "bad");
	ck_assert_int_eq(cay_conf_blame(&conf, &conf.listen.item[1], &err), -1);
	ck_assert_str_eq(err.msg, wanted);
	snprintf(wanted, sizeof(wanted), "%s:5: model: bad", path);
	cay_fail(&err, CAY_EBAD, "bad");
	cay_conf_blame(&conf, &conf.model, &err);
	ck_assert_str_eq(err.msg, wanted);
	cay_fail(&err, CAY_EBAD, "bad");
	cay_conf_blame(&conf, &conf.queue, &err);
	ck_assert_str_eq(err.msg, "CAYUCO_QUEUE: bad");
	cay_fail(&err, CAY_EBAD, "bad");
	cay_conf_blame(&conf, &conf.instances, &err);
	ck_assert_str_eq(err.msg, "--instances: bad");
	cay_fail(&err, CAY_EBAD, "bad");
	cay_conf_blame(&conf, &conf.jobs, &err);
	ck_assert_str_eq(err.msg, "jobs: bad");
	cay_conf_finish(&conf);
	unlink(path);
}
END_TEST

START_TEST(a_file_that_has_no_end_or_cannot_be_read_is_refused)
{
	static char *const files[] = {"/dev/zero", "/"};
	static const char *const why[] = {"/dev/zero: more than 10000 lines", "/: cannot read"};

	for (size_t i = 0; i < 2; i++) {
		char flag[32];
		char *argv[] = {"cayucod", flag, "--state=/s"};
		struct cay_conf conf;
		struct cay_err err = {0};

		snprintf(flag, sizeof(flag), "--config=%s", files[i]);
		ck_assert_int_eq(load(&conf, no_env, &err, 3, argv), -1);
		ck_assert_msg(strstr(err.msg, why[i]) != NULL, "%s", err.msg);
		cay_conf_finish(&conf);
	}
}
END_TEST

START_TEST(a_missing_file_is_named)
{
	struct cay_err err = {0};
	struct cay_conf conf;

	ck_assert_int_eq(LOAD(&conf, no_env, &err, "--config=/nowhere/cayuco.ini"), -1);
	ck_assert_str_eq(err.msg, "/nowhere/cayuco.ini: cannot read: No such file or directory");
	cay_conf_finish(&conf);
}
END_TEST

START_TEST(help_and_version_need_nothing_else)
{
	enum cay_conf_action action;
	struct cay_err err = {0};
	struct cay_conf conf;

	ck_ok(cay_conf_load(&conf, 2, (char *[]){"cayucod", "-h"}, no_env, &action, &err), err);
	ck_assert_int_eq(action, CAY_CONF_HELP);
	cay_conf_finish(&conf);
	ck_ok(cay_conf_load(&conf, 2, (char *[]){"cayucod", "--version"}, no_env, &action, &err),
	      err);
	ck_assert_int_eq(action, CAY_CONF_VERSION);
	cay_conf_finish(&conf);
}
END_TEST

TEST_MAIN("conf", defaults_are_those_of_the_design,
	  flags_win_over_environment_and_that_over_the_file,
	  a_list_grows_within_a_source_and_replaces_the_one_before,
	  dashes_are_as_good_as_underscores, a_bad_flag_is_named,
	  a_bad_line_is_named_with_file_and_number, a_setting_knows_where_it_was_said,
	  a_missing_file_is_named, a_file_that_has_no_end_or_cannot_be_read_is_refused,
	  help_and_version_need_nothing_else)
