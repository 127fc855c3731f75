"""Ways in: the JSON interface, the pages, the callbacks of the outside world, the worker, the command line."""
