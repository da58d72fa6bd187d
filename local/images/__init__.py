"""Stand-ins for AWS's prebuilt images, run as `python -m local.images.NAME`."""
