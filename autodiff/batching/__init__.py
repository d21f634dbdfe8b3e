"""How every function of the standard runs on a batch, one entry per function; see ``kinds`` for what an entry is."""

from __future__ import annotations

from autodiff.batching import indexing, linear_algebra, manipulation
from autodiff.batching.kinds import Batching, along_axis, elementwise, reduction, refused
from conformance import spec

__all__ = ["BATCHING", "Batching"]

BATCHING: dict[str, Batching] = {
    **{row.path: elementwise for row in spec.FUNCTIONS if row.chapter == "elementwise"},
    "where": elementwise,
    **dict.fromkeys("all any argmax argmin count_nonzero max mean min prod std sum var".split(), reduction),
    **dict.fromkeys("cumulative_prod cumulative_sum".split(), along_axis(None)),
    **dict.fromkeys("argsort sort".split(), along_axis(-1)),
    **{f"fft.{name}": along_axis(-1) for name in "fft ifft rfft irfft hfft ihfft".split()},
    **{
        f"fft.{name}": along_axis(None, name="axes", every=True)
        for name in "fftn ifftn rfftn irfftn fftshift ifftshift".split()
    },
    **indexing.BATCHING,
    **linear_algebra.BATCHING,
    **manipulation.BATCHING,
    # What takes numbers only, such as shapes, which are the same for all examples.
    **{
        path: refused(path, "give it numbers that are the same for all")
        for path in "empty eye fft.fftfreq fft.rfftfreq ones zeros".split()
    },
}
"""By path of the function; ``getitem``, ``setitem`` and ``to_device`` are methods of arrays."""
