"""The local run beside one plain Python script, and its data steps on more and more rows."""
