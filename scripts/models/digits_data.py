"""Enlarges scikit-learn's handwritten digits to SIZE x SIZE and splits them: digits_data.py OUT.npz

xtr, ytr are what the net is trained on, xte, yte the 500 images it never sees (drawn at
random, seed 0).
"""

import sys

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

SIZE, TEST = 32, 500

digits = load_digits()  # 1797 images of 8x8, ink from 0 to 16
small = np.round(digits.images * (255 / 16)).astype("uint8")
images = np.stack(
    [np.asarray(Image.fromarray(i).resize((SIZE, SIZE), Image.BICUBIC)) for i in small]
)
order = np.random.RandomState(0).permutation(len(images))
test, train = order[:TEST], order[TEST:]
labels = digits.target.astype("uint8")
np.savez(sys.argv[1], xtr=images[train], ytr=labels[train], xte=images[test], yte=labels[test])
