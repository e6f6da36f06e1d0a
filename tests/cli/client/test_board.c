// Tests for what is read out of metrics and of the machine.
#include "cli/client/board.h"
#include "common/size.h"
#include "tests/test.h"

static const char metrics[] = "# HELP queue_length queue_length 9\n"
			      "queue_length_max 100\n"
			      "queue_length{model=\"a\"} 2\n"
			      "queue_length{model=\"b} 7\"} 3.5\n"
			      "resident 1e6\n"
			      "broken{model=\"x\n"
			      "odd nan\n"
			      "queue_length 1";

START_TEST(samples_of_a_metric_are_summed)
{
	double sum = -1;

	ck_assert(cay_metrics_sum(metrics, "resident", &sum));
	ck_assert_double_eq(sum, 1e6);
	ck_assert(cay_metrics_sum(metrics, "queue_length_max", &sum));
	ck_assert_double_eq(sum, 100);
}
END_TEST

// A label's value that looks like the end of labels makes the sample another number, no more.
START_TEST(labels_are_passed_over)
{
	double sum = -1;

	ck_assert(cay_metrics_sum("a{x=\"1 2\",y=\"}\"} 4\na{x=\"{\"} 5\na 6\n", "a", &sum));
	ck_assert_double_eq(sum, 15);
	ck_assert(cay_metrics_sum(metrics, "queue_length", &sum));
	ck_assert_double_eq(sum, 2 + 7 + 1);
}
END_TEST

START_TEST(what_is_no_number_is_not_there)
{
	static const char *const names[] = {"none", "queue", "broken", "odd", ""};
	double sum = -1;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(names); i++)
		ck_assert_msg(!cay_metrics_sum(metrics, names[i], &sum), "%s", names[i]);
	ck_assert(!cay_metrics_sum("", "a", &sum));
	ck_assert_double_eq(sum, -1); // untouched
}
END_TEST

START_TEST(the_fastest_cluster_is_that_of_the_most_mhz)
{
	struct cay_board board = {.cluster_count = 0};

	ck_assert_ptr_null(cay_board_fastest(&board));
	board = (struct cay_board){
		.clusters = {{4, 0, 400, 1800, 600}, {2, 4, 1024, 2400, 1200}, {1, 6, 9, 2000, 1}},
		.cluster_count = 3,
	};
	ck_assert_ptr_eq(cay_board_fastest(&board), &board.clusters[1]);
}
END_TEST

TEST_MAIN("client board", samples_of_a_metric_are_summed, labels_are_passed_over,
	  what_is_no_number_is_not_there, the_fastest_cluster_is_that_of_the_most_mhz)
