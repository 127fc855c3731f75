"""Storms: seeded histories of journeys, faults and interleavings, judged by a model that knows none of our rules.

``weather`` injects the faults, ``baton`` steers who goes next, ``model`` and ``oracle`` say what may be answered,
``sight`` reads what is so, ``history`` plays one seed, ``fleet`` plays many.
"""
