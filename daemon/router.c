// The table of routes, and the table from errors to HTTP statuses.
#include "daemon/router.h"
#include "common/size.h"
#include "daemon/upload.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct cay_route cay_routes[] = {
	{"POST", "/predict", CAY_BODY_MEMORY, cay_route_predict, NULL},
	{"POST", "/convert", CAY_BODY_UPLOAD, cay_route_convert, &cay_upload_ops},
	{"GET", "/jobs", CAY_BODY_NONE, cay_route_jobs, NULL},
	{"GET", "/jobs/{name}", CAY_BODY_NONE, cay_route_job, NULL},
	{"DELETE", "/jobs/{name}", CAY_BODY_NONE, cay_route_job_delete, NULL},
	{"GET", "/models", CAY_BODY_NONE, cay_route_models, NULL},
	{"GET", "/models/{name}", CAY_BODY_NONE, cay_route_model, NULL},
	{"DELETE", "/models/{name}", CAY_BODY_NONE, cay_route_model_delete, NULL},
	{"GET", "/v2/health/live", CAY_BODY_NONE, cay_route_live, NULL},
	{"GET", "/v2/health/ready", CAY_BODY_NONE, cay_route_ready, NULL},
	{"GET", "/metrics", CAY_BODY_NONE, cay_route_metrics, NULL},
	{"GET", "/openapi.json", CAY_BODY_NONE, cay_route_openapi, NULL},
};
const size_t cay_route_count = CAY_ARRAY_SIZE(cay_routes);

static const unsigned statuses[CAY_CODES] = {
	[CAY_OK] = 200,	       [CAY_EBAD] = 400,      [CAY_ENOTFOUND] = 404, [CAY_ECONFLICT] = 409,
	[CAY_ETOOLARGE] = 413, [CAY_EMEDIA] = 415,    [CAY_EMODEL] = 422,    [CAY_EBUSY] = 503,
	[CAY_ETIMEOUT] = 504,  [CAY_ECANCELED] = 409, [CAY_ENOMEM] = 503,    [CAY_ENOSPACE] = 507,
	[CAY_EIO] = 500,
};

unsigned cay_router_status(enum cay_code code)
{
	assert(code < CAY_CODES);
	return statuses[code];
}

void cay_reply_error(struct cay_reply *reply, const struct cay_err *err)
{
	cay_buf_finish(&reply->body);
	reply->header_count = 0;
	reply->content_type = NULL;
	reply->status = cay_router_status(err->code);
	if (reply->status == 503)
		cay_reply_header(reply, "Retry-After", "1");
	cay_buf_text(&reply->body, "{\"error\":");
	cay_buf_json_string(&reply->body, err->msg);
	cay_buf_text(&reply->body, "}\n");
}

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

// Sets *ret_rest to the encoded text that {name} stands for, or NULL.
static bool matches(const char *pattern, const char *path, const char **ret_rest)
{
	size_t fixed = strcspn(pattern, "{");

	*ret_rest = NULL;
	if (!pattern[fixed])
		return strcmp(pattern, path) == 0;
	if (strncmp(pattern, path, fixed) != 0 || strchr(path + fixed, '/'))
		return false;
	*ret_rest = path + fixed;
	return true;
}

const struct cay_route *cay_router_find(const char *method, const char *path, char **ret_name,
					struct cay_buf *ret_allow, struct cay_err *err)
{
	const char *want = strcmp(method, "HEAD") == 0 ? "GET" : method, *rest;

	*ret_name = NULL;
	for (size_t i = 0; i < cay_route_count; i++) {
		const struct cay_route *route = &cay_routes[i];

		if (!matches(route->pattern, path, &rest))
			continue;
		if (strcmp(route->method, want) == 0) {
			ret_allow->len = 0;
			*ret_name = rest ? cay_router_decode(rest, strlen(rest), err) : NULL;
			return rest && !*ret_name ? NULL : route;
		}
		cay_buf_printf(ret_allow, "%s%s", ret_allow->len ? ", " : "", route->method);
		if (strcmp(route->method, "GET") == 0)
			cay_buf_text(ret_allow, ", HEAD");
	}
	if (ret_allow->len)
		cay_fail(err, CAY_EBAD, "%s: this path takes %s", method, cay_buf_cstr(ret_allow));
	else
		cay_fail(err, CAY_ENOTFOUND, "no such path");
	return NULL;
}
