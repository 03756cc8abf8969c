"""Bytes on their way in and out: files, pipes, addresses, strict JSON; files replaced whole."""
