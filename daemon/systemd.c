// What systemd gives a service and wants to hear from it: sockets, the watchdog, notifications.
#include "daemon/systemd.h"
#include "daemon/conf.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// The number in an environment variable; 0 if it has none.
static unsigned long long number(const char *variable)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 10) : 0;
}

size_t cay_systemd_sockets(void)
{
	unsigned long long count = number("LISTEN_FDS");

	if (number("LISTEN_PID") != (unsigned long long)getpid())
		return 0;
	return count < CAY_CONF_LIST ? (size_t)count : CAY_CONF_LIST;
}

int cay_systemd_watchdog(void)
{
	unsigned long long half = number("WATCHDOG_USEC") / 2000, pid = number("WATCHDOG_PID");

	if (!half || (pid && pid != (unsigned long long)getpid()))
		return -1;
	return half < INT_MAX ? (int)half : INT_MAX;
}

static int send_to(const struct sockaddr_un *address, socklen_t size, const char *text,
		   struct cay_err *err)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n;

	if (fd < 0)
		return cay_fail_errno(err, "cannot make a socket");
	n = sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
		   (const struct sockaddr *)address, size);
	if (n < 0)
		cay_fail_errno(err, "cannot send to NOTIFY_SOCKET");
	close(fd);
	return n < 0 ? -1 : 0;
}

int cay_systemd_notify(struct cay_err *err, const char *fmt, ...)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	char text[512];
	va_list ap;

	if (!len)
		return 0;
	if (len >= sizeof(address.sun_path))
		return cay_fail(err, CAY_EBAD, "NOTIFY_SOCKET is too long a path");
	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = '\0'; // the abstract namespace
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return send_to(&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len), text,
		       err);
}
