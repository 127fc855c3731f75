"""The ten ways to give, one story each, played over HTTP alone."""
