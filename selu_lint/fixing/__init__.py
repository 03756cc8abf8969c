"""Repairs: choosing them, applying them, drawing kernels anew, and proving the result."""
