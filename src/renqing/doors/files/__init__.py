"""Catalogues that arrive as files: each reader turns files of one shape into a ``Catalogue``, faults and all."""
