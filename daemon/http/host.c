// Host and Origin: a web page in a browser of this machine can reach loopback, too.
#include "daemon/http/host.h"
#include "common/size.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

// Length of the name in "name:port" or "[address]:port".
static size_t name_length(const char *host)
{
	size_t len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");

	return len <= strlen(host) ? len : strlen(host);
}

static bool is_loopback(const char *host, size_t len)
{
	char text[64];
	struct in_addr v4;

	if (len >= sizeof(text))
		return false;
	memcpy(text, host, len);
	text[len] = '\0';
	if (strcasecmp(text, "localhost") == 0 || strcmp(text, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, text, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

static bool is_in(const struct cay_conf_list *list, const char *host, size_t len)
{
	for (size_t i = 0; i < list->count; i++)
		if (name_length(list->item[i]) == len && strncasecmp(list->item[i], host, len) == 0)
			return true;
	return false;
}

bool cay_host_is_ours(const char *host, const struct cay_conf *conf)
{
	const size_t len = name_length(host);
	const char *port = host + len;

	if (*port && (*port != ':' || port[1 + strspn(port + 1, "0123456789")]))
		return false;
	return is_loopback(host, len) || is_in(&conf->hosts, host, len) ||
	       is_in(&conf->listen, host, len);
}

bool cay_host_is_origin(const char *host, const char *origin)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (strncasecmp(origin, schemes[i], len) == 0 &&
		    strcasecmp(origin + len, host) == 0)
			return true;
	}
	return false;
}
