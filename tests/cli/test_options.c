// Tests for command lines by table.
#include "cli/options.h"
#include "cli/cli.h"
#include "common/size.h"
#include "tests/test.h"

struct args {
	char *text, *model;
	size_t number;
	bool on;
	struct cay_option_list list;
};

// Parses up to 8 words, which parsing may cut up.
static int parse(struct args *args, char *const *words)
{
	static const struct cay_option_refused refused[] = {
		{"enable_fp16", "false", "tensors are fp32"},
		{"sparse_threshold", "0.6", "weights are dense"},
	};
	const struct cay_option options[] = {
		{"text", 't', CAY_OPTION_TEXT, &args->text, "TEXT", "a text"},
		{"number", 0, CAY_OPTION_NUMBER, &args->number, "N", "a number"},
		{"on", 0, CAY_OPTION_SWITCH, &args->on, NULL, "a switch"},
		{"list", 'l', CAY_OPTION_LIST, &args->list, "X", "may be given again"},
	};
	const struct cay_argument argument = {"MODEL", &args->model};
	const struct cay_syntax syntax = {
		.command = "test",
		.about = "Tests.",
		.arguments = &argument,
		.argument_count = 1,
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
		.refused = refused,
		.refused_count = CAY_ARRAY_SIZE(refused),
	};
	char *argv[10] = {"test"};
	int argc = 1;

	while (*words)
		argv[argc++] = *words++;
	*args = (struct args){0};
	return cay_options_parse(&syntax, argc, argv);
}

#define PARSE(...) parse(&args, (char *[]){__VA_ARGS__, NULL})

START_TEST(values_come_behind_an_equals_sign_or_as_the_next_word)
{
	struct args args;

	ck_assert_int_eq(PARSE("--text=a=b", "m", "--number", "12"), CAY_OPTIONS_GO);
	ck_assert_str_eq(args.text, "a=b");
	ck_assert_str_eq(args.model, "m");
	ck_assert_uint_eq(args.number, 12);
	ck_assert_int_eq(PARSE("--text", "c", "-l", "1", "-l2", "m"), CAY_OPTIONS_GO);
	ck_assert_str_eq(args.text, "c");
	ck_assert_uint_eq(args.list.count, 2);
	ck_assert_str_eq(args.list.text[1], "2");
}
END_TEST

START_TEST(a_switch_may_say_true_or_false_in_either_form)
{
	struct args args;

	ck_assert_int_eq(PARSE("--on", "m"), CAY_OPTIONS_GO);
	ck_assert(args.on);
	ck_assert_int_eq(PARSE("--on", "true", "m"), CAY_OPTIONS_GO);
	ck_assert(args.on);
	ck_assert_str_eq(args.model, "m");
	ck_assert_int_eq(PARSE("--on", "m", "--on=false"), CAY_OPTIONS_GO);
	ck_assert(!args.on);
	ck_assert_int_eq(PARSE("--on=perhaps", "m"), CAY_EXIT_USAGE);
}
END_TEST

START_TEST(an_empty_text_counts_as_not_given)
{
	struct args args;

	ck_assert_int_eq(PARSE("--text=", "m"), CAY_OPTIONS_GO);
	ck_assert_ptr_null(args.text);
}
END_TEST

START_TEST(a_refused_option_is_fine_with_the_value_that_asks_for_nothing)
{
	struct args args;

	ck_assert_int_eq(PARSE("m", "--enable_fp16"), CAY_EXIT_USAGE);
	ck_assert_int_eq(PARSE("m", "--enable_fp16=true"), CAY_EXIT_USAGE);
	ck_assert_int_eq(PARSE("m", "--enable_fp16", "true"), CAY_EXIT_USAGE);
	ck_assert_int_eq(PARSE("m", "--enable_fp16=false"), CAY_OPTIONS_GO);
	ck_assert_int_eq(PARSE("--enable_fp16", "false", "m"), CAY_OPTIONS_GO);
	ck_assert_int_eq(PARSE("m", "--sparse_threshold=0.5"), CAY_EXIT_USAGE);
	ck_assert_int_eq(PARSE("m", "--sparse_threshold", "0.6"), CAY_OPTIONS_GO);
}
END_TEST

START_TEST(what_is_not_in_the_table_is_a_usage_error)
{
	struct args args;

	ck_assert_int_eq(PARSE("m", "--nothing"), CAY_EXIT_USAGE);
	ck_assert_int_eq(PARSE("m", "-x"), CAY_EXIT_USAGE);
	ck_assert_int_eq(PARSE("m", "--text"), CAY_EXIT_USAGE);
	ck_assert_int_eq(PARSE("m", "another"), CAY_EXIT_USAGE);
	ck_assert_int_eq(PARSE("--on"), CAY_EXIT_USAGE);
}
END_TEST

START_TEST(a_number_is_digits_up_to_a_million)
{
	struct args args;
	static char *const bad[] = {"", "-1", "+1", " 1", "1x", "1000001", "99999999999999999999"};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(bad); i++)
		ck_assert_msg(PARSE("m", "--number", bad[i]) == CAY_EXIT_USAGE, "'%s'", bad[i]);
	ck_assert_int_eq(PARSE("m", "--number=1000000"), CAY_OPTIONS_GO);
	ck_assert_uint_eq(args.number, 1000000);
}
END_TEST

START_TEST(a_list_has_a_limit)
{
	char *values[CAY_OPTION_TIMES + 3] = {"test", "m"};
	struct cay_option_list list = {0};
	char *model;
	const struct cay_option option = {"list", 'l', CAY_OPTION_LIST, &list, "X", "may repeat"};
	const struct cay_argument argument = {"MODEL", &model};
	const struct cay_syntax syntax = {.command = "test",
					  .arguments = &argument,
					  .argument_count = 1,
					  .options = &option,
					  .count = 1};

	for (size_t i = 0; i < CAY_OPTION_TIMES + 1; i++)
		values[i + 2] = "-lx";
	ck_assert_int_eq(cay_options_parse(&syntax, CAY_OPTION_TIMES + 2, values), CAY_OPTIONS_GO);
	list.count = 0;
	ck_assert_int_eq(cay_options_parse(&syntax, CAY_OPTION_TIMES + 3, values), CAY_EXIT_USAGE);
}
END_TEST

TEST_MAIN("options", values_come_behind_an_equals_sign_or_as_the_next_word,
	  a_switch_may_say_true_or_false_in_either_form, an_empty_text_counts_as_not_given,
	  a_refused_option_is_fine_with_the_value_that_asks_for_nothing,
	  what_is_not_in_the_table_is_a_usage_error, a_number_is_digits_up_to_a_million,
	  a_list_has_a_limit)
