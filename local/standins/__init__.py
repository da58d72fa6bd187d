"""Stand-ins for the AWS services and images that a local run needs."""
