"""Special functions, an extension of the standard: SciPy's, for which SciPy must be installed.

Names and parameters are those of ``scipy.special``. SciPy, given arrays of a namespace that has ``special``, calls the
functions it finds there in place of its own, so the table holds whatever SciPy would otherwise build out of others in
it (``stdtr`` out of ``betainc``), with loss of accuracy.

The result has the data type to which the arguments promote; of integers and bools ``float64``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from .array import ExTensor, operand, routed, wrap
from .dtypes import float64, promoted
from .kernels import FLOATS, named

_DOC = """{summary}

An extension of the standard; SciPy must be installed, where it is ``scipy.special.{name}``.

Parameters
----------
{parameters} : ExTensor or scalar
    Arguments, of shapes that broadcast.

Returns
-------
ExTensor
    Array of the shape to which the arguments broadcast.

Raises
------
TypeError
    If an argument is no array or scalar, or the function is not defined on the data type.
ModuleNotFoundError
    If SciPy is not installed.

Examples
--------
>>> import extensor as xp
>>> print(f"{{float(xp.special.{name}({given})):.6f}}")
{gives}
"""


def _special(name: str, parameters: str, summary: str, given: str, gives: str) -> Callable[..., ExTensor]:
    """The function of arrays that runs SciPy's special function on each element.

    Parameters
    ----------
    name : str
        Name of the function, here and there.
    parameters : str
        Their names, separated by commas.
    summary, given, gives : str
        Documentation: first line, and the arguments of an example, and its printed result.
    """
    count = len(parameters.split(", "))

    @routed
    def function(*args: Any) -> ExTensor:
        # One argument too many would be taken by SciPy for the array to write to.
        if len(args) != count:
            raise TypeError(f"{name}({parameters}) takes {count} argument{'s'[: count > 1]}, not {len(args)}")
        given = [operand(x) for x in args]
        dtype = promoted(*given)
        if dtype.kind not in FLOATS:
            dtype = float64
        result = _scipys(name)(*(numpy.asarray(x, dtype) for x in given))
        # SciPy computes halves in float32.
        return wrap(numpy.asarray(result, dtype))

    return named(
        function, name, _DOC.format(name=name, summary=summary, parameters=parameters, given=given, gives=gives)
    )


def _scipys(name: str) -> Callable[..., Any]:
    """SciPy's function of that name; imported only now, as it takes longer than all of extensor.

    Raises
    ------
    ModuleNotFoundError
        If SciPy is not installed.
    """
    try:
        from scipy import special as functions
    except ModuleNotFoundError:
        raise ModuleNotFoundError(f"extensor.special.{name} needs the package SciPy: pip install scipy") from None
    return getattr(functions, name)  # type: ignore[no-any-return]


# The error function and its kin.
erf = _special("erf", "x", "Error function of each element.", "0.5", "0.520500")
erfc = _special("erfc", "x", "Complementary error function, ``1 - erf(x)``, of each element.", "0.5", "0.479500")
erfcx = _special(
    "erfcx", "x", "Scaled complementary error function, ``exp(x**2) * erfc(x)``, of each element.", "0.5", "0.615690"
)
erfcinv = _special("erfcinv", "x", "Inverse of the complementary error function of each element.", "0.25", "0.813420")
erfinv = _special("erfinv", "x", "Inverse of the error function of each element.", "0.5", "0.476936")
log_ndtr = _special(
    "log_ndtr", "x", "Logarithm of the normal distribution function of each element.", "0.5", "-0.368946"
)
ndtr = _special("ndtr", "x", "Normal distribution function of each element.", "0.5", "0.691462")
ndtri = _special("ndtri", "x", "Inverse of the normal distribution function of each element.", "0.5", "0.000000")

# The gamma function and its kin.
beta = _special("beta", "a, b", "Beta function.", "2.0, 0.5", "1.333333")
betainc = _special("betainc", "a, b, x", "Regularized incomplete beta function.", "2.0, 3.0, 0.5", "0.687500")
betaincc = _special(
    "betaincc", "a, b, x", "Complement of the regularized incomplete beta function.", "2.0, 3.0, 0.5", "0.312500"
)
betaincinv = _special(
    "betaincinv", "a, b, y", "Inverse in `x` of the regularized incomplete beta function.", "2.0, 3.0, 0.5", "0.385728"
)
betaln = _special("betaln", "a, b", "Logarithm of the absolute value of the beta function.", "2.0, 0.5", "0.287682")
digamma = _special(
    "digamma", "x", "Derivative of the logarithm of the gamma function of each element.", "0.5", "-1.963510"
)
gamma = _special("gamma", "x", "Gamma function of each element.", "0.5", "1.772454")
gammainc = _special("gammainc", "a, x", "Regularized lower incomplete gamma function.", "2.0, 0.5", "0.090204")
gammaincc = _special("gammaincc", "a, x", "Regularized upper incomplete gamma function.", "2.0, 0.5", "0.909796")
gammaincinv = _special(
    "gammaincinv", "a, y", "Inverse in `x` of the regularized lower incomplete gamma function.", "2.0, 0.5", "1.678347"
)
gammaln = _special(
    "gammaln", "x", "Logarithm of the absolute value of the gamma function of each element.", "0.5", "0.572365"
)
loggamma = _special(
    "loggamma", "x", "Principal branch of the logarithm of the gamma function of each element.", "0.5", "0.572365"
)
polygamma = _special("polygamma", "n, x", "Derivative of order `n` of the digamma function.", "1, 2.0", "0.644934")
psi = _special("psi", "x", "Another name of the digamma function, under which SciPy looks for it.", "0.5", "-1.963510")
zeta = _special("zeta", "x, q", "Hurwitz zeta function; of Riemann with ``q = 1``.", "2.0, 1.0", "1.644934")

# Distribution functions that SciPy would build out of the above.
chdtr = _special(
    "chdtr", "v, x", "Distribution function of chi-squared with `v` degrees of freedom.", "2.0, 0.5", "0.221199"
)
chdtrc = _special("chdtrc", "v, x", "Complement of the distribution function of chi-squared.", "2.0, 0.5", "0.778801")
stdtr = _special(
    "stdtr", "df, t", "Distribution function of Student's t with `df` degrees of freedom.", "2.0, 0.5", "0.666667"
)
stdtrit = _special(
    "stdtrit", "df, p", "Inverse in `t` of the distribution function of Student's t.", "2.0, 0.5", "0.000000"
)

# Logistic functions and entropies.
entr = _special("entr", "x", "``-x * log(x)`` of each element, 0 at 0.", "0.5", "0.346574")
expit = _special("expit", "x", "Logistic sigmoid of each element.", "0.5", "0.622459")
kl_div = _special("kl_div", "x, y", "``x * log(x / y) - x + y``, continued to zeros.", "2.0, 0.5", "1.272589")
logit = _special("logit", "x", "Inverse of the logistic sigmoid of each element.", "0.5", "0.000000")
rel_entr = _special("rel_entr", "x, y", "``x * log(x / y)``, continued to zeros.", "2.0, 0.5", "2.772589")
xlog1py = _special("xlog1py", "x, y", "``x * log(1 + y)``, 0 where `x` is 0.", "2.0, 0.5", "0.810930")
xlogy = _special("xlogy", "x, y", "``x * log(y)``, 0 where `x` is 0.", "2.0, 0.5", "-1.386294")

# Bessel functions and integrals.
exp1 = _special("exp1", "x", "Exponential integral E1 of each element.", "0.5", "0.559774")
expi = _special("expi", "x", "Exponential integral Ei of each element.", "0.5", "0.454220")
i0 = _special("i0", "x", "Modified Bessel function of order 0 of each element.", "0.5", "1.063483")
i0e = _special(
    "i0e", "x", "Modified Bessel function of order 0, scaled by ``exp(-abs(x))``, of each element.", "0.5", "0.645035"
)
i1 = _special("i1", "x", "Modified Bessel function of order 1 of each element.", "0.5", "0.257894")
i1e = _special(
    "i1e", "x", "Modified Bessel function of order 1, scaled by ``exp(-abs(x))``, of each element.", "0.5", "0.156421"
)
j0 = _special("j0", "x", "Bessel function of the first kind, of order 0, of each element.", "0.5", "0.938470")
j1 = _special("j1", "x", "Bessel function of the first kind, of order 1, of each element.", "0.5", "0.242268")
