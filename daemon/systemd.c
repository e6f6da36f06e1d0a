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

// A variable that is a number; 0 if it is none.
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

void cay_systemd_notify(const char *fmt, ...)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	char text[512];
	va_list ap;
	int fd;

	if (!len || len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = '\0'; // the abstract namespace
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&address,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}
