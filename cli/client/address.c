// Where a daemon is, and the token that it wants.
#include "cli/client/address.h"
#include "common/file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SOCKET	  "/run/cayuco/cayuco.sock" // systemd/cayuco.socket
#define LOOPBACK  "http://127.0.0.1:8080"
#define TOKEN_MAX ((size_t)4096)

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

static const char *usual(void)
{
	return access(SOCKET, R_OK | W_OK) == 0 ? "unix:" SOCKET : LOOPBACK;
}

static int parse(struct cay_address *a, struct cay_err *err)
{
	size_t len = strlen(a->text);

	if (begins(a->text, "unix:")) {
		a->path = a->text + strlen("unix:");
		return *a->path == '/' ? 0 : cay_fail(err, CAY_EBAD, "want unix:/PATH");
	}
	if (!begins(a->text, "http://") && !begins(a->text, "https://"))
		return cay_fail(err, CAY_EBAD,
				"want http://ADDRESS:PORT, https://ADDRESS:PORT or unix:/PATH");
	while (a->text[len - 1] == '/')
		a->text[--len] = '\0';
	if (!strstr(a->text, "://"))
		return cay_fail(err, CAY_EBAD, "no address in it");
	return 0;
}

// ADDRESS:PORT alone is taken for http, as curl does.
static char *complete(const char *url)
{
	const char *colon = strrchr(url, ':');
	const bool bare = colon && colon > url && colon[1] &&
			  !colon[1 + strspn(colon + 1, "0123456789")] && !strstr(url, "://") &&
			  !begins(url, "unix:");
	char *text = malloc(strlen("http://") + strlen(url) + 1);

	if (text)
		stpcpy(stpcpy(text, bare ? "http://" : ""), url);
	return text;
}

int cay_address_find(struct cay_address *ret, const char *url, struct cay_err *err)
{
	const char *environment = getenv("CAYUCO_URL");

	if (!url)
		url = environment && *environment ? environment : usual();
	*ret = (struct cay_address){.text = complete(url)};
	return ret->text ? parse(ret, err) : cay_fail_memory(err);
}

void cay_address_finish(struct cay_address *address)
{
	free(address->text);
}

int cay_token_read(const char *path, struct cay_buf *ret, struct cay_err *err)
{
	struct cay_buf text = {0};
	size_t len;
	int result = cay_file_read(path, TOKEN_MAX, &text, err);

	for (len = text.len; len && strchr("\r\n", text.data[len - 1]);)
		len--;
	if (result == 0 && len == 0)
		result = cay_fail(err, CAY_EBAD, "no token in it");
	for (size_t i = 0; result == 0 && i < len; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~')
			result = cay_fail(err, CAY_EBAD, "want one line of printable text");
	if (result == 0)
		cay_buf_put(ret, text.data, len);
	cay_buf_finish(&text);
	return result < 0 ? -1 : cay_buf_check(ret, err);
}
