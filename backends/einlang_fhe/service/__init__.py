"""An evaluator for many clients over HTTP, and the client that talks to it."""
