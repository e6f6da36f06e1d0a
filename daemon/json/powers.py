"""Writes powers.c: the powers of ten that decimal.c and decimal_print.c multiply by, as 128-bit integers."""
import sys

FIRST, LAST = -342, 308  # what a double can need


def power(q):
    """10^q times a power of two, so that bit 127 is the highest that is set; cut off. From 10^-27 to
    10^-1 rounded up: there 10^-q divides products that lie just between two floats, and those must
    come out above and not below."""
    if q >= 0:
        value = 5 ** q
        return value << 128 - value.bit_length() if value >> 128 == 0 else value >> value.bit_length() - 128
    divisor = 5 ** -q
    return (1 << 127 + divisor.bit_length()) // divisor + (q >= -27)


def main():
    rows = [f'\t{{0x{power(q) >> 64:016x}, 0x{power(q) & 2 ** 64 - 1:016x}}}, // {q}'
            for q in range(FIRST, LAST + 1)]
    with open(sys.argv[1], 'w') as f:
        f.write('\n'.join(['// Powers of ten. Written by powers.py.', '#include "daemon/json/powers.h"', '',
                           f'_Static_assert(CAY_POWERS_FIRST == {FIRST} && CAY_POWERS_LAST == {LAST}, "range");',
                           'const struct cay_power cay_powers[] = {', *rows, '};', '']))


main()
