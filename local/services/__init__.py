"""Stand-ins for the AWS services that a local run needs: job runner, Athena, tuner."""
