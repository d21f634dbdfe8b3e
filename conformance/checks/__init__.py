"""The checks of all functions, a module per chapter."""
