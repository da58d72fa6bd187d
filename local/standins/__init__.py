"""Stand-ins, in Python, for the AWS services and images that a local run needs."""
