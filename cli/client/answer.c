// Answers of a daemon, which may be anything, and the paths of what is asked.
#include "cli/client/client.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define REAL_DIGITS 15 // as many as any decimal number keeps through a double

void cay_answer_finish(struct cay_answer *answer)
{
	cay_buf_finish(&answer->body);
}

static json_t *parse(struct cay_answer *answer, struct cay_err *err)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)answer->body.data, answer->body.len,
				  JSON_REJECT_DUPLICATES, &error);

	if (!root && json_error_code(&error) == json_error_out_of_memory)
		cay_fail_memory(err);
	else if (!root)
		cay_fail(err, CAY_EIO, "the daemon's answer is not JSON: %s", error.text);
	else if (!json_is_object(root) && !json_is_array(root))
		cay_fail(err, CAY_EIO, "the daemon's answer is not a JSON object");
	else
		return root;
	json_decref(root);
	return NULL;
}

json_t *cay_client_call_json(struct cay_client *client, const struct cay_call *call,
			     struct cay_err *err)
{
	struct cay_answer answer;
	json_t *root = NULL;

	if (cay_client_call(client, call, &answer, err) == 0)
		root = parse(&answer, err);
	cay_answer_finish(&answer);
	return root;
}

json_t *cay_client_get_json(struct cay_client *client, const char *path, struct cay_err *err)
{
	return cay_client_call_json(client, &(struct cay_call){.method = "GET", .path = path}, err);
}

const char *cay_answer_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

long long cay_answer_whole(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

double cay_answer_number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

const char *cay_answer_shape(const json_t *object, char text[CAY_SHAPE_TEXT])
{
	const json_t *dims = json_object_get(object, "shape");
	struct cay_shape shape = {0};

	for (; shape.rank < CAY_MAX_RANK && shape.rank < json_array_size(dims); shape.rank++)
		shape.dim[shape.rank] = json_integer_value(json_array_get(dims, shape.rank));
	return cay_shape_text(&shape, text);
}

int cay_answer_print(const json_t *root)
{
	struct cay_buf text = {0};
	char *dump = json_dumps(root, JSON_INDENT(1) | JSON_ENSURE_ASCII |
					      JSON_REAL_PRECISION(REAL_DIGITS));

	if (dump) {
		cay_buf_printf(&text, "%s\n", dump);
		free(dump);
	} else {
		text.failed = true;
	}
	return cay_print_stdout(&text);
}

void cay_client_encode(struct cay_buf *path, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~", *text))
			cay_buf_put(path, text, 1);
		else
			cay_buf_printf(path, "%%%02X", (unsigned char)*text);
	}
}
