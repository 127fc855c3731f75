"""The command line. ``renqing up`` brings everything up; ``renqing --help`` explains the rest.

Each command is one file with one function of its name; ``app.py`` lists them.
"""
