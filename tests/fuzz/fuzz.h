// The entry that libFuzzer and the replay of a corpus call. It aborts if it finds a fault.
#ifndef CAY_TESTS_FUZZ_FUZZ_H
#define CAY_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
