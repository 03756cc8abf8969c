"""The theory over a graph: what is predicted of a model, and what its kernels are like."""
