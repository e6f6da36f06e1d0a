// JSON from outside: limits first, then jansson for all but the numbers of tensors.
#include "daemon/json/json.h"
#include "common/names.h"
#include "common/size.h"
#include "daemon/json/reserve.h"
#include "daemon/json/walk.h"

#include <string.h>

#define PLAIN_BLOCK 128 // bytes

// What is left out of the tree: values that begin so, under keys that begin so.
struct left_out {
	const char *key;
	char value;
};
static const struct left_out data_arrays = {"\"data\"", '['}, file_strings = {"\"file:", '"'};

// A walk over the text that knows strings and brackets, and nothing else of JSON.
struct scan {
	const char *text;
	size_t size, at, depth, max_depth;
	size_t copied;	     // of the text, into tree
	struct cay_buf tree; // the text without data
	struct cay_json_data *data;
	const struct left_out *left_out; // of data
};

static size_t skip_space(const struct scan *s, size_t at)
{
	while (at < s->size && cay_json_is_space(s->text[at]))
		at++;
	return at;
}

// Steps over a string whose opening quote is at s->at.
static int skip_string(struct scan *s, struct cay_err *err)
{
	size_t begin = s->at++;

	for (; s->at < s->size; s->at++) {
		if (s->text[s->at] == '\\')
			s->at++;
		else if (s->text[s->at] == '"')
			break;
	}
	if (s->at >= s->size)
		return cay_fail(err, CAY_EBAD, "JSON: a string has no end at byte %zu", begin);
	s->at++;
	return 0;
}

static int open_bracket(struct scan *s, struct cay_err *err)
{
	if (++s->depth > s->max_depth)
		return cay_fail(err, CAY_EBAD, "JSON: nested deeper than %zu at byte %zu",
				s->max_depth, s->at);
	s->at++;
	return 0;
}

// Steps over one token: a string, a bracket, or any other byte.
static int step(struct scan *s, struct cay_err *err)
{
	switch (s->text[s->at]) {
	case '"':
		return skip_string(s, err);
	case '[':
	case '{':
		return open_bracket(s, err);
	case ']':
	case '}':
		s->depth -= s->depth > 0; // jansson will say that it is one too many
		break;
	default:
		break;
	}
	s->at++;
	return 0;
}

static int flush(struct scan *s, size_t end, struct cay_err *err)
{
	cay_buf_put(&s->tree, s->text + s->copied, end - s->copied);
	s->copied = end;
	if (s->tree.len > CAY_JSON_TREE)
		return cay_fail(err, CAY_ETOOLARGE,
				"JSON: more than %zu bytes besides the tensors' data",
				CAY_JSON_TREE);
	return cay_buf_check(&s->tree, err);
}

// True if the next PLAIN_BLOCK bytes have neither quote nor bracket, as most of data. '[', ']', '{'
// and '}' differ only in bits that are set here; a few letters look the same, and do no harm.
static bool is_plain(const struct scan *s)
{
	const char *text = s->text + s->at;
	uint8_t found = 0;

	if (s->size - s->at < PLAIN_BLOCK)
		return false;
	for (size_t i = 0; i < PLAIN_BLOCK; i++) // becomes a few vector instructions
		found |= (uint8_t)((text[i] | 0x26) == 0x7f) | (uint8_t)(text[i] == '"');
	return !found;
}

// Steps over what has been read ahead of the array that begins at s->at - 1.
static void skip_read(struct scan *s, size_t depth)
{
	const struct cay_json_ahead *ahead = s->data->ahead;

	if (cay_json_ahead_has(ahead, s->at - 1) && depth + ahead->walk.rank <= s->max_depth) {
		s->at = ahead->at;
		s->depth = depth + ahead->walk.depth;
	}
}

// Steps over the array that begins at s->at.
static int skip_array(struct scan *s, struct cay_err *err)
{
	size_t begin = s->at, depth = s->depth;

	if (step(s, err) < 0)
		return -1;
	skip_read(s, depth);
	while (s->depth > depth) {
		size_t end = s->at + PLAIN_BLOCK;

		if (is_plain(s)) {
			s->at = end;
			continue;
		}
		while (s->depth > depth && s->at < end) {
			if (s->at >= s->size)
				return cay_fail(err, CAY_EBAD,
						"JSON: \"data\" has no end at byte %zu", begin);
			if (step(s, err) < 0)
				return -1;
		}
	}
	return 0;
}

// Leaves out the array or string that begins at s->at; "[N]" takes its place.
static int cut(struct scan *s, struct cay_err *err)
{
	struct cay_json_data *data = s->data;
	size_t begin = s->at;
	struct cay_json_span *span;

	if (data->count == CAY_JSON_DATA)
		return cay_fail(err, CAY_ETOOLARGE, "JSON: more than %d of %s...", CAY_JSON_DATA,
				s->left_out->key);
	if (flush(s, begin, err) < 0 ||
	    (s->text[begin] == '[' ? skip_array(s, err) : skip_string(s, err)) < 0)
		return -1;
	cay_buf_printf(&s->tree, "[%zu]", data->count);
	s->copied = s->at;
	span = &data->span[data->count++];
	*span = (struct cay_json_span){
		.begin = s->text + begin,
		.end = s->text + s->at,
		.offset = begin,
		.tree_offset = s->tree.len,
		.ahead = cay_json_ahead_has(data->ahead, begin) ? data->ahead : NULL,
	};
	return 0;
}

static int scan_text(struct scan *s, struct cay_err *err)
{
	const struct left_out *out = s->left_out;
	const size_t len = strlen(out->key);

	while (s->at < s->size) {
		size_t begin = s->at, value;

		if (step(s, err) < 0)
			return -1;
		if (!s->data || s->at - begin < len || memcmp(s->text + begin, out->key, len) != 0)
			continue;
		value = skip_space(s, s->at);
		if (value >= s->size || s->text[value] != ':')
			continue; // the key is a value here
		value = skip_space(s, value + 1);
		s->at = value;
		if (value < s->size && s->text[value] == out->value && cut(s, err) < 0)
			return -1;
	}
	return flush(s, s->size, err);
}

// The offset in the document of an offset in the text for the tree.
static size_t original_offset(const struct scan *s, size_t offset)
{
	size_t behind = 0, original = offset;

	for (size_t i = 0; s->data && i < s->data->count; i++) {
		const struct cay_json_span *span = &s->data->span[i];

		if (span->tree_offset > offset)
			break;
		behind = span->offset + (size_t)(span->end - span->begin);
		original = behind + (offset - span->tree_offset);
	}
	return original;
}

static json_t *parse_tree(const struct scan *s, struct cay_err *err)
{
	json_error_t error;
	json_t *root;

	if (!cay_json_reserve_begin(s->tree.len)) {
		cay_fail_memory(err);
		return NULL;
	}
	root = json_loadb((const char *)s->tree.data, s->tree.len, JSON_REJECT_DUPLICATES, &error);
	if (cay_json_reserve_end(&root))
		cay_fail_memory(err);
	else if (!root)
		cay_fail(err, CAY_EBAD, "JSON: %s at byte %zu", error.text,
			 original_offset(s, (size_t)error.position));
	return root;
}

static json_t *parse(struct scan *s, struct cay_err *err)
{
	json_t *root = NULL;

	if (s->data)
		s->data->count = 0;
	if (scan_text(s, err) == 0)
		root = parse_tree(s, err);
	cay_buf_finish(&s->tree);
	return root;
}

json_t *cay_json_parse(const char *text, size_t size, size_t depth, struct cay_json_data *data,
		       struct cay_err *err)
{
	struct scan s = {text, size, .max_depth = depth, .data = data, .left_out = &data_arrays};

	return parse(&s, err);
}

json_t *cay_json_parse_files(const char *text, size_t size, size_t depth,
			     struct cay_json_data *data, struct cay_err *err)
{
	struct scan s = {text, size, .max_depth = depth, .data = data, .left_out = &file_strings};

	return parse(&s, err);
}

struct cay_json_span *cay_json_data_take(struct cay_json_data *data, const json_t *value,
					 struct cay_err *err)
{
	json_int_t i = json_integer_value(json_array_get(value, 0));

	// A key that spells "data" with escapes is not left out: what it holds is no index of ours.
	if (!json_is_array(value) || json_array_size(value) != 1 || i < 0 ||
	    (size_t)i >= data->count || data->span[i].used) {
		cay_fail(err, CAY_EBAD, "\"data\" is not an array");
		return NULL;
	}
	data->span[i].used = true;
	return &data->span[i];
}

int cay_json_data_check(const struct cay_json_data *data, struct cay_err *err)
{
	for (size_t i = 0; i < data->count; i++)
		if (!data->span[i].used)
			return cay_fail(err, CAY_EBAD, "\"data\" at byte %zu belongs to no input",
					data->span[i].offset);
	return 0;
}

// Appends a list of names for a message: "size, color and layout".
static void list_keys(const char *const *known, size_t count, char text[static 160])
{
	size_t used = 0;

	for (size_t i = 0; i < count && used < 160; i++)
		used += (size_t)snprintf(text + used, 160 - used, "%s%s",
					 i == 0		  ? ""
					 : i == count - 1 ? " and "
							  : ", ",
					 known[i]);
}

int cay_json_check_keys(const json_t *object, const char *what, const char *const *known,
			size_t count, bool strict, struct cay_err *err)
{
	char list[160];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		struct cay_guess guess = {0};

		for (size_t i = 0; i < count; i++)
			cay_guess_try(&guess, known[i], key, strlen(key));
		if (guess.name && guess.edits > 0)
			return cay_fail(err, CAY_EBAD, "'%.64s' is no key of %s: is %s meant?", key,
					what, guess.name);
		if (!guess.name && strict) {
			list_keys(known, count, list);
			return cay_fail(err, CAY_EBAD, "'%.64s' is no key of %s, which has %s", key,
					what, list);
		}
	}
	return 0;
}

int cay_json_shape(const json_t *value, struct cay_shape *ret, struct cay_err *err)
{
	struct cay_shape shape = {.rank = (uint32_t)json_array_size(value)};

	if (!json_is_array(value))
		return cay_fail(err, CAY_EBAD, "shape is not a list");
	if (json_array_size(value) > CAY_MAX_RANK)
		return cay_fail(err, CAY_EBAD, "shape has %zu dimensions, at most %d can be",
				json_array_size(value), CAY_MAX_RANK);
	for (size_t i = 0; i < shape.rank; i++) {
		const json_t *dim = json_array_get(value, i);

		if (!json_is_integer(dim) || json_integer_value(dim) < 1)
			return cay_fail(err, CAY_EBAD,
					"shape: dimension %zu is not a whole number from 1 on", i);
		shape.dim[i] = json_integer_value(dim);
	}
	*ret = shape;
	return 0;
}
