"""Models as data: the document, how releases write it, and the graph of its layers and calls."""
