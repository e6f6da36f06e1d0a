"""How many answers are right: digits_count.py ANSWERS.u8 PROBABILITIES.f32..."""

import sys

import numpy as np

answers = np.fromfile(sys.argv[1], "uint8")
for path in sys.argv[2:]:
    found = np.fromfile(path, "float32").reshape(-1, 10).argmax(1)
    print("%s: %d of %d right" % (path, (found == answers).sum(), len(answers)))
