"""The local run compared with a plain Python script, and its data steps with growing tables."""
