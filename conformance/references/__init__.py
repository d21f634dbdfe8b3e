"""What the functions of the standard compute, on plain values: oracles independent of every array library.

Scalars in, exact or high-precision scalars out, over `math`, `cmath`, `fractions` and `mpmath`. A module per chapter.
"""
