// From a path to its route.
#include "daemon/http/router.h"
#include "common/size.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)((at - digits) % 16) : -1;
}

char *cay_router_decode(const char *text, size_t len, struct cay_err *err)
{
	char *ret = malloc(len + 1), *out = ret;

	if (!ret) {
		cay_fail_memory(err);
		return NULL;
	}
	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (text[i] != '%') {
			*out++ = text[i];
			continue;
		}
		high = len - i > 2 ? hex_digit(text[i + 1]) : -1;
		low = high >= 0 ? hex_digit(text[i + 2]) : -1;
		if (low < 0 || high * 16 + low == 0) {
			cay_fail(err, CAY_EBAD, "bad %%-escape in the URL");
			free(ret);
			return NULL;
		}
		*out++ = (char)(high * 16 + low);
		i += 2;
	}
	*out = '\0';
	return ret;
}

void cay_path_names_finish(struct cay_path_names *names)
{
	free(names->name);
	free(names->version);
	*names = (struct cay_path_names){0};
}

// A segment of a path, still encoded.
struct segment {
	const char *text;
	size_t len;
};

// Where the segment that begins there ends.
static const char *skip_segment(const char *path)
{
	while (*path && *path != '/')
		path++;
	return path;
}

// Sets what {name} and {version} stand for; other braces there are not.
static bool matches(const char *pattern, const char *path, struct segment *name,
		    struct segment *version)
{
	*name = *version = (struct segment){0};
	while (*pattern) {
		if (*pattern == '{') {
			struct segment *which = strncmp(pattern, "{name}", 6) == 0 ? name : version;
			const char *end = skip_segment(path);

			*which = (struct segment){path, (size_t)(end - path)};
			pattern = skip_segment(pattern);
			path = end;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return !*path;
}

static const struct cay_route *find(const char *method, const char *path, struct segment *name,
				    struct segment *version)
{
	for (size_t i = 0; i < cay_route_count; i++)
		if (strcmp(cay_routes[i].method, method) == 0 &&
		    matches(cay_routes[i].pattern, path, name, version))
			return &cay_routes[i];
	return NULL;
}

static void list_methods(const char *path, struct cay_buf *ret)
{
	struct segment name, version;

	for (size_t i = 0; i < cay_route_count; i++) {
		if (!matches(cay_routes[i].pattern, path, &name, &version))
			continue;
		cay_buf_printf(ret, "%s%s", ret->len ? ", " : "", cay_routes[i].method);
		if (strcmp(cay_routes[i].method, "GET") == 0)
			cay_buf_text(ret, ", HEAD");
	}
}

static int decode_segment(const struct segment *segment, char **ret, struct cay_err *err)
{
	if (!segment->text)
		return 0;
	*ret = cay_router_decode(segment->text, segment->len, err);
	return *ret ? 0 : -1;
}

const struct cay_route *cay_router_find(const char *method, const char *path,
					struct cay_path_names *ret_names, struct cay_buf *ret_allow,
					struct cay_err *err)
{
	struct segment name, version;
	const struct cay_route *route =
		find(strcmp(method, "HEAD") == 0 ? "GET" : method, path, &name, &version);

	*ret_names = (struct cay_path_names){0};
	if (route)
		return decode_segment(&name, &ret_names->name, err) < 0 ||
				       decode_segment(&version, &ret_names->version, err) < 0
			       ? NULL
			       : route;
	list_methods(path, ret_allow);
	if (ret_allow->len)
		cay_fail(err, CAY_EBAD, "%s: this path takes %s", method, cay_buf_cstr(ret_allow));
	else
		cay_fail(err, CAY_ENOTFOUND,
			 "no such path: GET /openapi.json has those that there are");
	return NULL;
}
