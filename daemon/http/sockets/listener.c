// Sockets that listen.
#include "daemon/http/sockets/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

static int open_socket(const struct sockaddr *address, socklen_t len, struct cay_err *err)
{
	const int on = 1;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return cay_fail_errno(err, "cannot make a socket");
	if (address->sa_family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	cay_fail_errno(err, "cannot listen");
	close(fd);
	return -1;
}

// True if the file is a socket that refuses connections: its daemon is gone.
static bool is_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool stale = fd >= 0 &&
		     connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
		     errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return stale;
}

static int open_unix(struct cay_listener *ret, const char *path, struct cay_err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return cay_fail(err, CAY_EBAD, "a socket's path has 1 to %zu bytes",
				sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	if (is_stale(&address))
		unlink(path);
	ret->fd = open_socket((const struct sockaddr *)&address, sizeof(address), err);
	if (ret->fd < 0)
		return -1;
	ret->is_unix = true;
	snprintf(ret->text, sizeof(ret->text), "unix:%s", path);
	return 0;
}

// The port that a port of 0 has become.
static int actual_port(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof(address);
	char port[8];

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&address, len, NULL, 0, port, sizeof(port),
			NI_NUMERICSERV))
		return 0;
	return (int)strtol(port, NULL, 10);
}

// Splits "127.0.0.1:80" and "[::1]:80"; the brackets go.
static int split(const char *where, char *host, size_t size, const char **ret_port,
		 struct cay_err *err)
{
	const char *colon = strrchr(where, ':');
	size_t len = colon ? (size_t)(colon - where) : 0;
	bool brackets = len > 2 && where[0] == '[' && where[len - 1] == ']';

	where += brackets;
	len -= 2 * brackets;
	if (len == 0 || len >= size || !colon[1] ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
	    strtoull(colon + 1, NULL, 10) > UINT16_MAX) // getaddrinfo would cut it
		return cay_fail(err, CAY_EBAD, "not ADDRESS:PORT or unix:PATH");
	memcpy(host, where, len);
	host[len] = '\0';
	*ret_port = colon + 1;
	return 0;
}

static int open_inet(struct cay_listener *ret, const char *where, struct cay_err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *list;
	const char *port;
	char host[128];
	int error;

	if (split(where, host, sizeof(host), &port, err) < 0)
		return -1;
	error = getaddrinfo(host, port, &hints, &list);
	if (error)
		return cay_fail(err, CAY_EBAD, "%s", gai_strerror(error));
	ret->fd = open_socket(list->ai_addr, list->ai_addrlen, err);
	freeaddrinfo(list);
	if (ret->fd < 0)
		return -1;
	snprintf(ret->text, sizeof(ret->text),
		 strchr(host, ':') ? "http://[%s]:%d" : "http://%s:%d", host, actual_port(ret->fd));
	return 0;
}

// Whatever name it had: the address that the socket is bound to.
static bool is_loopback(int fd)
{
	struct sockaddr_storage address = {0};
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address;
	socklen_t len = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return false;
	switch (address.ss_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
		       (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) && v6->sin6_addr.s6_addr[12] == 127);
	default:
		return false;
	}
}

int cay_listener_open(struct cay_listener *ret, const char *where, struct cay_err *err)
{
	struct cay_listener listener = {.fd = -1};
	int result = strncmp(where, "unix:", 5) == 0 ? open_unix(&listener, where + 5, err)
						     : open_inet(&listener, where, err);

	if (result < 0)
		return cay_wrap(err, "%s", where);
	listener.is_local = is_loopback(listener.fd);
	*ret = listener;
	return 0;
}

int cay_listener_inherit(struct cay_listener *ret, int fd, struct cay_err *err)
{
	struct cay_listener listener = {.fd = fd, .inherited = true};
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof(address);
	char host[128] = "", port[8] = "";

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return cay_fail_errno(err, "cannot take over a socket");
	listener.is_unix = address.ss_family == AF_UNIX;
	listener.is_local = is_loopback(fd);
	if (listener.is_unix) {
		const struct sockaddr_un *unix_address = (const struct sockaddr_un *)&address;

		snprintf(listener.text, sizeof(listener.text), "unix:%.108s",
			 unix_address->sun_path);
	} else {
		getnameinfo((const struct sockaddr *)&address, len, host, sizeof(host), port,
			    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
		snprintf(listener.text, sizeof(listener.text),
			 strchr(host, ':') ? "http://[%s]:%s" : "http://%s:%s", host, port);
	}
	*ret = listener;
	return 0;
}

void cay_listener_set_patience(const struct cay_listener *listener, unsigned seconds)
{
	const unsigned milliseconds = seconds < INT_MAX / 1000 ? seconds * 1000 : INT_MAX;

	if (!listener->is_unix) // the kernel's own is a quarter of an hour
		setsockopt(listener->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds,
			   sizeof(milliseconds));
}

void cay_listener_secure(struct cay_listener *listener)
{
	static const char http[] = "http:";
	const size_t len = strlen(http), size = sizeof(listener->text);

	if (strncmp(listener->text, http, len) != 0)
		return;
	memmove(listener->text + len, listener->text + len - 1, size - len - 1);
	listener->text[len - 1] = 's';
	listener->text[size - 1] = '\0';
}

void cay_listener_quiesce(const struct cay_listener *listener)
{
	if (!listener->inherited)
		shutdown(listener->fd, SHUT_RDWR); // connecting is refused from now on
}

void cay_listener_close(struct cay_listener *listener)
{
	if (listener->is_unix && !listener->inherited)
		unlink(listener->text + strlen("unix:"));
	close(listener->fd);
}
