"""HDF5 files, read within bounds and without the HDF5 library; knows nothing of models."""
