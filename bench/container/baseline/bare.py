"""Bare scikit-learn: only fit, on arrays that are in memory already.

`bare.py ARRAYS` reads rows (label first) from a .npy file and prints the seconds that fit took.
"""

import sys
import time

import numpy as np
from sklearn.tree import DecisionTreeRegressor

table = np.load(sys.argv[1])
features, labels = np.ascontiguousarray(table[:, 1:]), np.ascontiguousarray(table[:, 0])
started = time.perf_counter()
DecisionTreeRegressor(max_leaf_nodes=300, random_state=1729).fit(features, labels)
sys.stdout.write(f"{time.perf_counter() - started}\n")
