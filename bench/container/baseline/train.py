"""Training as in the classic bring-your-own example: pandas, scikit-learn, pickle.

`train.py BASE` reads BASE/input/data/train/part-0.csv and writes BASE/model/decision-tree.pkl.
"""

import pickle
import sys
from pathlib import Path

import pandas as pd
from sklearn.tree import DecisionTreeRegressor

base = Path(sys.argv[1])
table = pd.read_csv(base / "input/data/train/part-0.csv", header=None)
regressor = DecisionTreeRegressor(max_leaf_nodes=300, random_state=1729)
regressor.fit(table.iloc[:, 1:], table.iloc[:, 0])
(base / "model").mkdir(exist_ok=True)
with (base / "model/decision-tree.pkl").open("wb") as stream:
    pickle.dump(regressor, stream)
