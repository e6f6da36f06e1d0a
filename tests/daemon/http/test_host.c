// Tests of daemon/http/host.c.
#include "daemon/http/host.h"
#include "tests/test.h"

START_TEST(loopback_and_what_is_configured_is_ours)
{
	static const char *const ours[] = {"localhost",	    "LocalHost:80", "127.0.0.1:8080",
					   "127.255.0.9",   "[::1]",	    "[::1]:8080",
					   "board",	    "BOARD:1",	    "10.0.0.7",
					   "10.0.0.7:8080", "[fe80::1]:2"};
	static const char *const others[] = {
		"evil.example",
		"localhost.evil.example",
		"127.0.0.1.evil.example",
		"boards",
		"boar",
		"10.0.0.70",
		"128.0.0.1",
		"[::2]",
		"",
		":80",
		"[",
		"[::1",
		"[::1]x",
		"[::1]x:80",
		"localhost:x",
		"127.0.0.1:80:80",
		"board:80@evil.example",
		"127.1",
		"0x7f.0.0.1",
		"[fe80::2]",
		"unix",
	};
	const struct cay_conf conf = {
		.hosts = {.item = {(char *)(uintptr_t) "board"}, .count = 1},
		.listen = {.item = {(char *)(uintptr_t) "10.0.0.7:8080",
				    (char *)(uintptr_t) "[fe80::1]:8080"},
			   .count = 2},
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		ck_assert_msg(cay_host_is_ours(ours[i], &conf), "%s", ours[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(!cay_host_is_ours(others[i], &conf), "%s", others[i]);
}
END_TEST

START_TEST(an_origin_is_ours_if_host_and_port_are)
{
	ck_assert(cay_host_is_origin("localhost:8080", "http://localhost:8080"));
	ck_assert(cay_host_is_origin("Board", "https://board"));
	ck_assert(!cay_host_is_origin("localhost:8080", "http://localhost:8081"));
	ck_assert(!cay_host_is_origin("localhost:8080", "http://localhost"));
	ck_assert(!cay_host_is_origin("localhost", "http://localhost.evil.example"));
	ck_assert(!cay_host_is_origin("localhost", "null"));
	ck_assert(!cay_host_is_origin("", "null"));
	ck_assert(!cay_host_is_origin("localhost", "ftp://localhost"));
}
END_TEST

TEST_MAIN("host", loopback_and_what_is_configured_is_ours, an_origin_is_ours_if_host_and_port_are)
