// Tests for rows of text in columns.
#include "cli/client/table.h"
#include "tests/test.h"

#include <string.h>

START_TEST(columns_are_as_wide_as_their_widest_cell)
{
	struct cay_table table = {.columns = "lrl"};
	struct cay_buf out = {0};

	cay_table_text(&table, "name");
	cay_table_text(&table, "n");
	cay_table_text(&table, "end");
	cay_table_text(&table, "\xc3\xa4"); // one character of two bytes
	cay_table_printf(&table, "%d", 1000);
	cay_table_text(&table, "x");
	cay_table_end(&table, &out);
	ck_assert_str_eq(cay_buf_cstr(&out), "name     n  end\n\xc3\xa4     1000  x\n");
	cay_buf_finish(&out);
}
END_TEST

START_TEST(cells_are_escaped_and_cut)
{
	struct cay_table table = {.columns = "l"};
	struct cay_buf out = {0};
	char text[1000];

	memset(text, 'x', sizeof(text));
	text[0] = '\x1b';
	text[sizeof(text) - 1] = '\0';
	cay_table_text(&table, text);
	cay_table_end(&table, &out);
	ck_assert_msg(strncmp(cay_buf_cstr(&out), "\\u001bxxx", 9) == 0, "%s", cay_buf_cstr(&out));
	ck_assert_uint_le(out.len, 210);
	cay_buf_finish(&out);
}
END_TEST

START_TEST(an_empty_table_is_nothing)
{
	struct cay_table table = {.columns = "ll"};
	struct cay_buf out = {0};

	cay_table_end(&table, &out);
	ck_assert_uint_eq(out.len, 0);
	cay_buf_finish(&out);
}
END_TEST

TEST_MAIN("client table", columns_are_as_wide_as_their_widest_cell, cells_are_escaped_and_cut,
	  an_empty_table_is_nothing)
