"""The inference server: /ping, /invocations and /execution-parameters."""
