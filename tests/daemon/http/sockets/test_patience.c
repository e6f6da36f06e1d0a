// Tests of daemon/http/sockets/patience.c.
#include "common/size.h"
#include "daemon/clock.h"
#include "daemon/http/sockets/patience.h"
#include "tests/test.h"

#include <sys/socket.h>
#include <unistd.h>

static bool has_ended(int socket)
{
	char byte;

	return recv(socket, &byte, sizeof(byte), MSG_DONTWAIT) == 0;
}

START_TEST(who_has_had_its_time_is_shut_down_and_nobody_else)
{
	struct cay_patience *p = cay_patience_new();
	const uint64_t later = cay_clock_now() + 3600 * CAY_SECOND;
	const uint64_t until[] = {1, later, CAY_ALL_TIME, 1, later};
	enum { N = CAY_ARRAY_SIZE(until) };
	struct cay_waited *waited[N];
	int sockets[N][2];

	for (size_t i = 0; i < N; i++) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets[i]), 0);
		waited[i] = cay_patience_add(p, sockets[i][0], until[i]);
		ck_assert_ptr_nonnull(waited[i]);
	}
	cay_patience_set(p, waited[3], later); // it has been answered
	cay_patience_set(p, waited[4], 1);     // it reads a byte a minute
	cay_patience_end(p);
	for (size_t i = 0; i < N; i++)
		ck_assert_int_eq(has_ended(sockets[i][1]), i == 0 || i == 4);
	for (size_t i = 0; i < N; i++) {
		cay_patience_remove(p, waited[i]);
		close(sockets[i][0]);
		close(sockets[i][1]);
	}
	cay_patience_free(p);
}
END_TEST

TEST_MAIN("patience", who_has_had_its_time_is_shut_down_and_nobody_else)
