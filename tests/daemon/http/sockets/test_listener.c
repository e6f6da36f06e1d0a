// Tests of daemon/http/sockets/listener.c.
#include "daemon/http/sockets/listener.h"
#include "tests/test.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(what_is_accepted_gives_up_a_client_that_has_vanished)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	const int client = socket(AF_INET, SOCK_STREAM, 0);
	struct cay_listener listener;
	struct cay_err err = {0};
	socklen_t len = sizeof(address);
	unsigned milliseconds = 0;
	int accepted;

	ck_ok(cay_listener_open(&listener, "127.0.0.1:0", &err), err);
	cay_listener_set_patience(&listener, 7);
	ck_assert_int_eq(getsockname(listener.fd, (struct sockaddr *)&address, &len), 0);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&address, len), 0);
	accepted = accept(listener.fd, NULL, NULL);
	ck_assert_int_ge(accepted, 0);
	len = sizeof(milliseconds);
	ck_assert_int_eq(getsockopt(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, &len),
			 0);
	ck_assert_uint_eq(milliseconds, 7000);
	close(accepted);
	close(client);
	cay_listener_close(&listener);
}
END_TEST

START_TEST(a_port_has_sixteen_bits)
{
	static const char *const others[] = {"127.0.0.1:65536", "127.0.0.1:99999",
					     "127.0.0.1:",	"127.0.0.1:99999999999999999999",
					     "127.0.0.1:-1",	"127.0.0.1:0x50"};
	struct cay_listener listener;
	struct cay_err err = {0};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ck_assert_msg(cay_listener_open(&listener, others[i], &err) < 0, "%s", others[i]);
		ck_assert_int_eq(err.code, CAY_EBAD);
	}
}
END_TEST

TEST_MAIN("listener", what_is_accepted_gives_up_a_client_that_has_vanished, a_port_has_sixteen_bits)
