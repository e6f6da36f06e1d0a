// Which file of a directory is what.
#define _DEFAULT_SOURCE // mkdtemp, strsep
#include "converter/paddle/paddle_dir.h"
#include "common/file.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A directory of these files, separated by blanks.
static void make_dir(struct cay_paddle_dir *dir, const char *names)
{
	struct cay_err err = {0};
	char copy[512], *rest = copy, *name;

	snprintf(copy, sizeof(copy), "%s", names);
	cay_paddle_dir_init(dir);
	while ((name = strsep(&rest, " ")))
		if (*name)
			ck_ok(cay_paddle_dir_add(dir, name, "/tmp/0", &err), err);
}

// The names of topology and parameters, as "TOPOLOGY PARAMETERS"; "-" is a file for each. The
// program has the parameters w and block/b.
static const char *layout_of(const char *names, const char *model_file, const char *param_file)
{
	static char text[512];
	struct cay_param params[] = {{.name = "block/b"}, {.name = "w"}};
	struct cay_program program = {.params = params, .param_count = 2};
	const struct cay_paddle_file *topology, *parameters;
	struct cay_paddle_dir dir;
	struct cay_err err = {0};

	make_dir(&dir, names);
	dir.model_file = model_file;
	dir.param_file = param_file;
	if (cay_paddle_dir_topology(&dir, &topology, &err) < 0 ||
	    cay_paddle_dir_params(&dir, topology, &program, &parameters, &err) < 0)
		snprintf(text, sizeof(text), "%s", err.msg);
	else
		snprintf(text, sizeof(text), "%s %s", topology->name,
			 parameters ? parameters->name : "-");
	cay_paddle_dir_finish(&dir);
	return text;
}

START_TEST(every_layout_is_found)
{
	static const struct {
		const char *names, *layout;
	} cases[] = {
		{"__model__ __params__", "__model__ __params__"},
		{"__model__ params labels.txt", "__model__ params"},
		{"model params", "model params"},
		{"model weights", "model weights"},
		{"model.pdmodel model.pdiparams", "model.pdmodel model.pdiparams"},
		{"inference.pdiparams inference.pdiparams.info inference.pdmodel",
		 "inference.pdmodel inference.pdiparams"},
		{"my-net.pdmodel my-net.pdiparams other.pdiparams",
		 "my-net.pdmodel my-net.pdiparams"},
		{"my-net.pdmodel model.pdiparams", "my-net.pdmodel model.pdiparams"},
		{"__model__ w block/b readme.md", "__model__ -"},
		{"__model__ w block/b params", "__model__ -"},
		{"__model__ w params", "__model__ params"},
		{"__model__ inference.json __params__", "__model__ __params__"},
		{"__model__ old/__model__ __params__", "__model__ __params__"},
		{"__model__ __params__ ._net.pdmodel a/__MACOSX/__model__ .DS_Store",
		 "__model__ __params__"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(layout_of(cases[i].names, NULL, NULL), cases[i].layout);
}
END_TEST

START_TEST(what_is_missing_is_named)
{
	static const struct {
		const char *names, *message;
	} cases[] = {
		{"", "no Paddle model: found nothing; expected __model__ or model with __params__, "
		     "params or a file per parameter, or NAME.pdmodel with NAME.pdiparams"},
		{"a.jpg b c d e", "no Paddle model: found a.jpg, b, c, d and others; expected "
				  "__model__ or model with __params__, params or a file per "
				  "parameter, or NAME.pdmodel with NAME.pdiparams"},
		{"sub/__model__",
		 "no Paddle model: found sub/__model__; expected __model__ or model "
		 "with __params__, params or a file per parameter, or NAME.pdmodel "
		 "with NAME.pdiparams"},
		{"README.md model.onnx",
		 "no Paddle model: 'model.onnx' is ONNX, which x2paddle turns into a Paddle model"},
		{"net.pdopt net.pdparams",
		 "no Paddle model: 'net.pdopt' is of a training, without the program: "
		 "paddle.jit.save writes both for inference"},
		{"old.NB", "no Paddle model: 'old.NB' is converted already"},
		{"net.tar.xz", "no Paddle model: 'net.tar.xz' is an archive: unpack it first"},
		{"net.pdiparams",
		 "no Paddle model: found net.pdiparams; expected __model__ or model "
		 "with __params__, params or a file per parameter, or NAME.pdmodel "
		 "with NAME.pdiparams"},
		{"net.pdmodel readme.md",
		 "'net.pdiparams' is not there, which has the parameters of 'net.pdmodel'"},
		{"__model__ block/b", "parameter 'w' has no file, and there is no file for all of "
				      "them (__params__, params, weights or NAME.pdiparams)"},
		{"__model__ net.pdmodel", "several models: '__model__' and 'net.pdmodel'; give one "
					  "alone, or name its files"},
		{"__model__ a.pdiparams b.pdiparams", "several parameter files: 'a.pdiparams' and "
						      "'b.pdiparams'; name the one that is meant"},
		{"inference.json inference.pdiparams",
		 "'inference.json' is a program in Paddle 3's JSON form, which is not supported: "
		 "export again with FLAGS_enable_pir_api=0 to get a .pdmodel"},
		{"a/inference.json a/inference.pdiparams",
		 "'a/inference.json' is a program in Paddle 3's JSON form, which is not supported: "
		 "export again with FLAGS_enable_pir_api=0 to get a .pdmodel"},
		{"net.json net.pdiparams",
		 "'net.json' is a program in Paddle 3's JSON form, which is not supported: export "
		 "again with FLAGS_enable_pir_api=0 to get a .pdmodel"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(layout_of(cases[i].names, NULL, NULL), cases[i].message);
}
END_TEST

// "DIRECTORY: FILES", or what is wrong.
static const char *entered(const char *names)
{
	static char text[512];
	struct cay_paddle_dir dir, below;
	struct cay_err err = {0};
	const char *directory;

	make_dir(&dir, names);
	cay_paddle_dir_init(&below);
	if (cay_paddle_dir_enter(&dir, &below, &directory, &err) < 0)
		snprintf(text, sizeof(text), "%s", err.msg);
	else
		snprintf(text, sizeof(text), "%s:", directory);
	for (size_t i = 0; i < below.count; i++) {
		strcat(text, " ");
		strcat(text, below.files[i].name);
		ck_assert_ptr_eq(cay_paddle_dir_find(&below, below.files[i].name), &below.files[i]);
	}
	cay_paddle_dir_finish(&below);
	cay_paddle_dir_finish(&dir);
	return text;
}

START_TEST(the_only_model_below_is_found)
{
	static const struct {
		const char *names, *entered;
	} cases[] = {
		{"model/__model__ model/__params__ labels.txt", "model/: __model__ __params__"},
		{"a/b/net.pdmodel a/b/w/x a/b.txt a/bc/net.pdiparams", "a/b/: net.pdmodel w/x"},
		{"a/x.pdmodel c a/y.pdmodel", "a/: x.pdmodel y.pdmodel"},
		{"__model__ old/__model__ w", ":"},
		{"old/__model__ net.pdmodel", ":"},
		{"a/readme.md model/x", ":"},
		{"", ":"},
		{"a/__model__ b/__model__ c/net.pdmodel",
		 "no model at the top, and 3 below: 'a/', 'b/', 'c/'; name the one that is meant"},
		{"a/__model__ b/__model__ c/__model__ d/__model__ e/__model__",
		 "no model at the top, and 5 below: 'a/', 'b/', 'c/', 'd/' and others; name the "
		 "one that is meant"},
		{"a/__model__ a/old/__model__",
		 "no model at the top, and 2 below: 'a/', 'a/old/'; name the one that is meant"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(entered(cases[i].names), cases[i].entered);
}
END_TEST

START_TEST(names_that_the_user_insists_on_are_taken)
{
	const char *names = "__model__ a.pdmodel a.pdiparams w.bin";

	ck_assert_str_eq(layout_of(names, "a.pdmodel", NULL), "a.pdmodel a.pdiparams");
	ck_assert_str_eq(layout_of(names, "__model__", "w.bin"), "__model__ w.bin");
	ck_assert_str_eq(layout_of(names, "b", NULL), "there is no file 'b'");
	ck_assert_str_eq(layout_of(names, "__model__", "b"), "there is no file 'b'");
}
END_TEST

START_TEST(a_long_list_of_files_is_cut)
{
	char names[400] = {0};

	for (int i = 0; i < 3; i++) {
		memset(names + strlen(names), 'a' + i, 100);
		strcat(names, " ");
	}
	ck_assert_ptr_nonnull(strstr(layout_of(names, NULL, NULL), "aaa and others; expected"));
}
END_TEST

START_TEST(a_name_that_is_there_twice_is_refused)
{
	struct cay_paddle_dir dir;
	struct cay_err err = {0};

	make_dir(&dir, "a");
	ck_assert_int_lt(cay_paddle_dir_add(&dir, "a", "/tmp/1", &err), 0);
	ck_assert_str_eq(err.msg, "'a' is there twice");
	cay_paddle_dir_finish(&dir);
}
END_TEST

static void make_file(const char *root, const char *name)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
}

START_TEST(a_scan_finds_files_at_all_depths_in_order)
{
	char root[] = "/tmp/cayuco-test-XXXXXX", path[256];
	struct cay_paddle_dir dir;
	struct cay_err err = {0};

	ck_assert_ptr_nonnull(mkdtemp(root));
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", root, i ? "block/deep" : "block");
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	make_file(root, "z");
	make_file(root, "__model__");
	make_file(root, "block/deep/w");
	make_file(root, "block/._w");
	snprintf(path, sizeof(path), "%s/block/loop", root);
	ck_assert_int_eq(symlink("..", path), 0); // a directory: not followed
	snprintf(path, sizeof(path), "%s/link", root);
	ck_assert_int_eq(symlink("z", path), 0); // a file: followed
	cay_paddle_dir_init(&dir);
	ck_ok(cay_paddle_dir_scan(&dir, root, &err), err);
	ck_assert_uint_eq(dir.count, 4);
	ck_assert_str_eq(dir.files[0].name, "__model__");
	ck_assert_str_eq(dir.files[1].name, "block/deep/w");
	ck_assert_str_eq(dir.files[2].name, "link");
	ck_assert_ptr_eq(cay_paddle_dir_find(&dir, "z"), &dir.files[3]);
	ck_assert_ptr_null(cay_paddle_dir_find(&dir, "block"));
	cay_paddle_dir_finish(&dir);
	ck_ok(cay_file_remove_tree(root, &err), err);
}
END_TEST

START_TEST(a_directory_that_cannot_be_read_is_an_error)
{
	struct cay_paddle_dir dir;
	struct cay_err err = {0};

	cay_paddle_dir_init(&dir);
	ck_assert_int_lt(cay_paddle_dir_scan(&dir, "/nonexistent", &err), 0);
	ck_assert_str_eq(err.msg, "cannot read the directory: No such file or directory");
	ck_assert_int_eq(err.code, CAY_ENOTFOUND);
	cay_paddle_dir_finish(&dir);
}
END_TEST

TEST_MAIN("paddle_dir", every_layout_is_found, what_is_missing_is_named,
	  the_only_model_below_is_found, names_that_the_user_insists_on_are_taken,
	  a_long_list_of_files_is_cut, a_name_that_is_there_twice_is_refused,
	  a_scan_finds_files_at_all_depths_in_order, a_directory_that_cannot_be_read_is_an_error)
