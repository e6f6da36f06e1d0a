// Tests of daemon/conversion/upload.c, which sees an upload in pieces of any size.
#include "daemon/conversion/upload.h"
#include "daemon/conversion/gathered_files.h"
#include "tests/daemon/conversion/service.h"
#include "tests/test.h"

#include <string.h>

static struct cay_err err;

static int begin(struct service *s, struct client *c, const char *content_type)
{
	client_init(c);
	c->req.arguments[0] = (struct cay_argument){"name", "m"};
	c->req.argument_count = 1;
	c->req.content_type = content_type;
	return cay_upload_ops.begin(&s->app, &c->req, &err);
}

static int begin_form(struct service *s, struct client *c)
{
	return begin(s, c, "multipart/form-data; boundary=b");
}

static int put(struct client *c, const char *file_name, uint64_t offset, const char *data)
{
	const struct cay_piece piece = {.field = file_name ? "file" : NULL,
					.file_name = file_name,
					.offset = offset,
					.data = (const uint8_t *)data,
					.size = strlen(data)};

	return cay_upload_ops.write(&c->req, &piece, &err);
}

static void end(struct client *c)
{
	if (c->req.upload)
		cay_upload_ops.drop(&c->req);
	client_finish(c);
}

// Makes a job of the upload, and waits for it. Its state.
static void assert_converts(struct service *s, struct client *c, const char *state)
{
	char id[CAY_JOB_ID];
	int result;

	ck_ok(cay_upload_submit(&c->req, "m", id, &err), err);
	ck_assert_ptr_null(c->req.upload);
	result = cay_jobs_wait(s->app.jobs, id, true, &c->req, &err);
	ck_assert_int_ge(result, 0);
	if (result != CAY_LATER) // else it may have ended meanwhile
		c->finished = true;
	ck_assert_msg(strstr(client_wait(c), state), "%s", client_wait(c));
}

START_TEST(a_form_of_small_pieces_is_converted)
{
	struct service s;
	struct client c;

	service_open(&s, NULL);
	ck_ok(begin_form(&s, &c), err);
	ck_ok(put(&c, "d/__model__", 0, "pro"), err);
	ck_ok(put(&c, "d/__model__", 3, "gram"), err);
	ck_ok(put(&c, "d/empty", 0, ""), err);
	ck_ok(put(&c, "d/labels.txt", 0, "a\n"), err);
	assert_converts(&s, &c, "done");
	end(&c);
	service_close(&s);
}
END_TEST

START_TEST(a_part_may_be_told_twice_before_its_first_byte)
{
	struct service s;
	struct client c;

	service_open(&s, NULL);
	ck_ok(begin_form(&s, &c), err);
	ck_ok(put(&c, "__model__", 0, ""), err);
	ck_ok(put(&c, "__model__", 0, "program"), err);
	assert_converts(&s, &c, "done");
	end(&c);
	service_close(&s);
}
END_TEST

START_TEST(small_parts_are_gathered_and_keep_their_bytes)
{
	static char most[CAY_SMALL_FILE + 1], more[CAY_SMALL_FILE + 2];
	struct service s;
	struct client c;

	memset(most, 'm', sizeof(most) - 1);
	memset(more, 'n', sizeof(more) - 1);
	service_open(&s, NULL);
	ck_ok(begin_form(&s, &c), err);
	ck_ok(put(&c, "list", 0, "l"), err);
	ck_ok(put(&c, "most", 0, most), err);
	ck_ok(put(&c, "empty", 0, ""), err);
	ck_ok(put(&c, "more", 0, more), err);
	ck_ok(put(&c, "many pieces", 0, "1"), err);
	ck_ok(put(&c, "many pieces", 1, most), err);
	ck_ok(put(&c, "many pieces", 1 + CAY_SMALL_FILE, "2"), err);
	ck_ok(put(&c, "last", 0, "o"), err);
	assert_converts(&s, &c, "\"error\":\"1l 65536m 0- 65537n 655382 1o \"");
	end(&c);
	service_close(&s);
}
END_TEST

// To create one may take half a millisecond, in the thread that answers everybody.
START_TEST(thousands_of_small_parts_do_not_make_a_file_each)
{
	char name[24];
	struct service s;
	struct client c;

	service_open(&s, NULL);
	ck_ok(begin_form(&s, &c), err);
	for (int i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		ck_ok(put(&c, i ? name : "__model__", 0, "0123456789012345678901234567890"), err);
	}
	ck_assert_uint_eq(service_count_files(&s), 1);
	assert_converts(&s, &c, "done");
	end(&c);
	service_close(&s);
}
END_TEST

START_TEST(a_name_may_come_once)
{
	struct service s;
	struct client c;

	service_open(&s, NULL);
	ck_ok(begin_form(&s, &c), err);
	ck_ok(put(&c, "__model__", 0, "program"), err);
	ck_assert_int_eq(put(&c, "__model__", 0, "program"), -1);
	ck_assert_str_eq(err.msg, "form: '__model__': is there twice");
	ck_assert_uint_eq(service_count_workspaces(&s), 0); // at once
	end(&c);
	service_close(&s);
}
END_TEST

START_TEST(parts_need_file_names_that_are_keys)
{
	static const char *const names[] = {"../x", "/x", ""};
	const struct cay_piece nameless = {.field = "f", .data = (const uint8_t *)"x", .size = 1};
	const struct cay_piece unnamed = {.data = (const uint8_t *)"x", .size = 1};
	struct service s;
	struct client c;

	service_open(&s, NULL);
	for (size_t i = 0; i < 3; i++) {
		ck_ok(begin_form(&s, &c), err);
		ck_assert_int_eq(put(&c, names[i], 0, "x"), -1);
		ck_assert_int_eq(err.code, CAY_EBAD);
		end(&c);
	}
	ck_ok(begin_form(&s, &c), err);
	ck_assert_int_eq(cay_upload_ops.write(&c.req, &nameless, &err), -1);
	ck_assert_str_eq(err.msg, "form: the part 'f' has no file name");
	end(&c);
	ck_ok(begin_form(&s, &c), err);
	ck_assert_int_eq(cay_upload_ops.write(&c.req, &unnamed, &err), -1);
	ck_assert_str_eq(err.msg, "form: the part '' has no file name");
	end(&c);
	service_close(&s);
}
END_TEST

START_TEST(another_body_is_an_archive)
{
	struct service s;
	struct client c;

	service_open(&s, NULL);
	ck_ok(begin(&s, &c, NULL), err);
	ck_ok(put(&c, NULL, 0, "not "), err);
	ck_ok(put(&c, NULL, 4, "one"), err);
	assert_converts(&s, &c, "neither tar, tar.gz nor zip");
	ck_assert_uint_eq(c.req.reply.status, 415);
	end(&c);
	service_close(&s);
}
END_TEST

START_TEST(limits_hold_for_each_byte_and_file)
{
	static const char *const flags[] = {"--upload_limit=4", "--upload_files=2", NULL};
	struct service s;
	struct client c;

	service_open(&s, flags);
	ck_ok(begin(&s, &c, NULL), err);
	ck_ok(put(&c, NULL, 0, "1234"), err);
	ck_assert_int_eq(put(&c, NULL, 4, "5"), -1);
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	end(&c);
	ck_ok(begin_form(&s, &c), err);
	ck_ok(put(&c, "a", 0, "1"), err);
	ck_ok(put(&c, "b", 0, "2"), err);
	ck_assert_int_eq(put(&c, "c", 0, "3"), -1);
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	ck_assert_uint_eq(service_count_workspaces(&s), 0);
	end(&c);
	service_close(&s);
}
END_TEST

START_TEST(an_upload_needs_a_name_and_a_type)
{
	static const char *const types[] = {"image/png", "application/json", "text/plain"};
	struct service s;
	struct client c;

	service_open(&s, NULL);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(begin(&s, &c, types[i]), -1);
		ck_assert_int_eq(err.code, CAY_EMEDIA);
		ck_assert_ptr_null(c.req.upload);
		end(&c);
	}
	client_init(&c);
	ck_assert_int_eq(cay_upload_ops.begin(&s.app, &c.req, &err), -1);
	ck_assert_int_eq(err.code, CAY_EBAD);
	end(&c);
	ck_ok(begin_form(&s, &c), err);
	ck_assert_int_eq(cay_upload_submit(&c.req, "m", NULL, &err), -1);
	ck_assert_str_eq(err.msg, "upload: the body is empty");
	end(&c);
	service_close(&s);
}
END_TEST

START_TEST(a_dropped_upload_leaves_nothing)
{
	struct service s;
	struct client c[CAY_JOB_PLACES], over;

	service_open(&s, NULL);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < CAY_JOB_PLACES; i++) {
			ck_ok(begin(&s, &c[i], "application/zip"), err);
			ck_ok(put(&c[i], NULL, 0, "PK"), err);
		}
		ck_assert_uint_eq(service_count_workspaces(&s), CAY_JOB_PLACES);
		ck_assert_int_eq(begin(&s, &over, "application/zip"), -1);
		ck_assert_int_eq(err.code, CAY_EBUSY);
		end(&over);
		for (size_t i = 0; i < CAY_JOB_PLACES; i++)
			end(&c[i]);
		ck_assert_uint_eq(service_count_workspaces(&s), 0);
	}
	service_close(&s);
}
END_TEST

TEST_MAIN("upload", a_form_of_small_pieces_is_converted,
	  small_parts_are_gathered_and_keep_their_bytes,
	  thousands_of_small_parts_do_not_make_a_file_each,
	  a_part_may_be_told_twice_before_its_first_byte, a_name_may_come_once,
	  parts_need_file_names_that_are_keys, another_body_is_an_archive,
	  limits_hold_for_each_byte_and_file, an_upload_needs_a_name_and_a_type,
	  a_dropped_upload_leaves_nothing)
