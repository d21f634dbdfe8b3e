"""The special cases of the standard as a table of our own: a row for each sentence.

A row gives a function, its operands and the result. Operands are values, or words for sets of them (:data:`SETS`);
results may name operands (:data:`OPERANDS`). Where the standard leaves a sign open, the row has ``±`` for it; the sign
of a NaN is always open but for `copysign`. What the standard prefers stands before what it allows besides:
``inf~nan``. A complex operand takes two columns, real and imaginary part, and so does a complex result.

>>> (row,) = [row for row in rows("acosh") if row.operands == ("finite", "inf") and not row.relations]
>>> print(row.sentence)
If a is a finite number and b is +infinity, the result is +infinity + π/2 j.
>>> operands, columns = row.instances("complex128")[0]
>>> operands, row.accepts(complex(math.inf, math.pi / 2), columns, "complex128")
((infj,), True)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any, NamedTuple

from conformance.dtypes import digits, is_integer, limits
from conformance.spec import BY_NAME

__all__ = ["Row", "rows"]

INF, NAN, PI = math.inf, math.copysign(math.nan, 1), math.pi

POSITIVE = [0.25, 1.0, 1.5, 2.0, 300.0]
NEGATIVE = [-value for value in POSITIVE]
FINITE = [0.0, -0.0, *POSITIVE, *NEGATIVE]

SETS: dict[str, tuple[str, Sequence[float]]] = {
    "any": ("any value", [*FINITE, INF, -INF, NAN]),
    "number": ("not NaN", [*FINITE, INF, -INF]),
    "some": ("any value", [0.0, -1.5, INF, NAN]),
    "finite": ("a finite number", FINITE),
    "finite|nan": ("a finite number or NaN", [*FINITE, NAN]),
    "nonzero": ("a nonzero finite number", POSITIVE + NEGATIVE),
    "+finite": ("a positive finite number", POSITIVE),
    "-finite": ("a negative finite number", NEGATIVE),
    ">0": ("greater than 0", [*POSITIVE, INF]),
    "<0": ("less than 0", [*NEGATIVE, -INF]),
    ">1": ("greater than 1", [1.5, 300.0, INF]),
    "<1": ("less than 1", [0.5, 0.0, -0.0, -1.0, -INF]),
    "<-1": ("less than -1", [-1.5, -300.0, -INF]),
    "|x|>1": ("greater than 1 in magnitude", [1.5, -1.5, INF, -INF]),
    "|x|<1": ("less than 1 in magnitude", [0.5, -0.5, 0.0, -0.0]),
    "≠0": ("not equal to 0", [*POSITIVE, *NEGATIVE, INF, -INF]),
    "≠1": ("not equal to 1", [0.0, -0.0, 1.5, -1.0, INF, -INF, NAN]),
    "+odd": ("a positive odd integer value", [1.0, 3.0]),
    "-odd": ("a negative odd integer value", [-1.0, -3.0]),
    "+other": ("greater than 0 and not an odd integer value", [0.5, 2.0, INF]),
    "-other": ("less than 0 and not an odd integer value", [-0.5, -2.0, -INF]),
    "fraction": ("a finite number and not an integer value", [0.5, -1.5]),
    "integer": ("integer-valued", [1.0, -3.0, 100.0]),
    "+nan": ("NaN with a sign bit of 0", [NAN]),
    "-nan": ("NaN with a sign bit of 1", [-NAN]),
    "nan": ("NaN", [NAN]),
    "inf": ("+infinity", [INF]),
    "-inf": ("-infinity", [-INF]),
    "±0": ("either +0 or -0", [0.0, -0.0]),
    "±0.5": ("equally close to two integers", [0.5, -0.5]),
    "±1": ("either 1 or -1", [1.0, -1.0]),
    "±inf": ("either +infinity or -infinity", [INF, -INF]),
}
"""What operands may be: in the words of the standard, and values to try."""

CONSTANTS = {"π/4": PI / 4, "π/2": PI / 2, "3π/4": 3 * PI / 4, "π": PI, "inf": INF, "nan": NAN, "true": 1, "false": 0}

OPERANDS: dict[str, tuple[str, Callable[[Sequence[float]], float]]] = {
    "x1": ("{0}", lambda x: x[0]),
    "x2": ("{1}", lambda x: x[1]),
    "-x2": ("-{1}", lambda x: -x[1]),
    "a": ("{0}", lambda x: x[0]),
    "b": ("{1}", lambda x: x[1]),
    "|x1|": ("|{0}|", lambda x: abs(x[0])),
    "-|x1|": ("-|{0}|", lambda x: -abs(x[0])),
    "|x2|": ("|{1}|", lambda x: abs(x[1])),
    "|a|": ("abs({0})", lambda x: abs(x[0])),
    "|b|": ("abs({1})", lambda x: abs(x[1])),
    "inf·cos(b)": ("+infinity * cos({1})", lambda x: INF * math.cos(x[1])),
    "inf·sin(b)": ("+infinity * sin({1})", lambda x: INF * math.sin(x[1])),
    "0·cos(b)": ("+0 * cos({1})", lambda x: 0.0 * math.cos(x[1])),
    "0·sin(b)": ("+0 * sin({1})", lambda x: 0.0 * math.sin(x[1])),
}
"""Results that depend on the operands: in words, and as a function of them."""

REAL = """
abs           nan               nan
abs           -0                +0
abs           -inf              inf
acos          nan               nan
acos          >1                nan
acos          <-1               nan
acos          1                 +0
acosh         nan               nan
acosh         <1                nan
acosh         1                 +0
acosh         inf               inf
add           nan      any      nan
add           any      nan      nan
add           inf      -inf     nan
add           -inf     inf      nan
add           inf      inf      inf
add           -inf     -inf     -inf
add           inf      finite   inf
add           -inf     finite   -inf
add           finite   inf      inf
add           finite   -inf     -inf
add           -0       -0       -0
add           -0       +0       +0
add           +0       -0       +0
add           +0       +0       +0
add           ±0       nonzero  x2
add           nonzero  ±0       x1
add           1.5      -1.5     +0
add           -1.5     1.5      +0
asin          nan               nan
asin          >1                nan
asin          <-1               nan
asin          +0                +0
asin          -0                -0
asinh         nan               nan
asinh         +0                +0
asinh         -0                -0
asinh         inf               inf
asinh         -inf              -inf
atan          nan               nan
atan          +0                +0
atan          -0                -0
atan          inf               π/2
atan          -inf              -π/2
atan2         nan      any      nan
atan2         any      nan      nan
atan2         >0       ±0       π/2
atan2         +0       >0       +0
atan2         +0       +0       +0
atan2         +0       -0       π
atan2         +0       <0       π
atan2         -0       >0       -0
atan2         -0       +0       -0
atan2         -0       -0       -π
atan2         -0       <0       -π
atan2         <0       ±0       -π/2
atan2         +finite  inf      +0
atan2         +finite  -inf     π
atan2         -finite  inf      -0
atan2         -finite  -inf     -π
atan2         inf      finite   π/2
atan2         -inf     finite   -π/2
atan2         inf      inf      π/4
atan2         inf      -inf     3π/4
atan2         -inf     inf      -π/4
atan2         -inf     -inf     -3π/4
atanh         nan               nan
atanh         <-1               nan
atanh         >1                nan
atanh         -1                -inf
atanh         1                 inf
atanh         +0                +0
atanh         -0                -0
ceil          integer           x1
ceil          inf               inf
ceil          -inf              -inf
ceil          +0                +0
ceil          -0                -0
ceil          nan               nan
clip          nan      +0 1     nan
clip          number   nan inf  nan
clip          number   -inf nan nan
copysign      number   <0       -|x1|
copysign      number   -0       -|x1|
copysign      number   +0       |x1|
copysign      number   >0       |x1|
copysign      number   -nan     -|x1|
copysign      number   +nan     |x1|
copysign      nan      <0       -nan
copysign      nan      -0       -nan
copysign      -nan     +0       +nan
copysign      -nan     >0       +nan
copysign      nan      -nan     -nan
copysign      -nan     +nan     +nan
cos           nan               nan
cos           ±0                1
cos           ±inf              nan
cosh          nan               nan
cosh          ±0                1
cosh          ±inf              inf
divide        nan      any      nan
divide        any      nan      nan
divide        ±inf     ±inf     nan
divide        ±0       ±0       nan
divide        +0       >0       +0
divide        -0       >0       -0
divide        +0       <0       -0
divide        -0       <0       +0
divide        >0       +0       inf
divide        >0       -0       -inf
divide        <0       +0       -inf
divide        <0       -0       inf
divide        inf      +finite  inf
divide        inf      -finite  -inf
divide        -inf     +finite  -inf
divide        -inf     -finite  inf
divide        +finite  inf      +0
divide        +finite  -inf     -0
divide        -finite  inf      -0
divide        -finite  -inf     +0
equal         nan      any      false
equal         any      nan      false
equal         inf      inf      true
equal         -inf     -inf     true
equal         ±0       ±0       true
equal         1.5      1.5      true
equal         inf      -inf     false
equal         finite   ±inf     false
equal         ±inf     finite   false
equal         1.5      2        false
exp           nan               nan
exp           ±0                1
exp           inf               inf
exp           -inf              +0
expm1         nan               nan
expm1         +0                +0
expm1         -0                -0
expm1         inf               inf
expm1         -inf              -1
floor         integer           x1
floor         inf               inf
floor         -inf              -inf
floor         +0                +0
floor         -0                -0
floor         nan               nan
floor_divide  nan      any      nan
floor_divide  any      nan      nan
floor_divide  ±inf     ±inf     nan
floor_divide  ±0       ±0       nan
floor_divide  +0       >0       +0
floor_divide  -0       >0       -0
floor_divide  +0       <0       -0
floor_divide  -0       <0       +0
floor_divide  >0       +0       inf
floor_divide  >0       -0       -inf
floor_divide  <0       +0       -inf
floor_divide  <0       -0       inf
floor_divide  inf      +finite  inf~nan
floor_divide  inf      -finite  -inf~nan
floor_divide  -inf     +finite  -inf~nan
floor_divide  -inf     -finite  inf~nan
floor_divide  +finite  inf      +0
floor_divide  +finite  -inf     -0~-1
floor_divide  -finite  inf      -0~-1
floor_divide  -finite  -inf     +0
floor_divide  0.25     2        +0
floor_divide  -0.25    -2       +0
floor_divide  -0.25    2        -1
greater       nan      any      false
greater       any      nan      false
greater       ±0       ±0       false
greater       inf      inf      false
greater       -inf     -inf     false
greater       finite   inf      false
greater       finite   -inf     true
greater       -inf     finite   false
greater       inf      finite   true
greater_equal nan      any      false
greater_equal any      nan      false
greater_equal ±0       ±0       true
greater_equal inf      inf      true
greater_equal -inf     -inf     true
greater_equal finite   inf      false
greater_equal finite   -inf     true
greater_equal -inf     finite   false
greater_equal inf      finite   true
hypot         ±inf     any      inf
hypot         any      ±inf     inf
hypot         ±0       finite   |x2|
hypot         finite   ±0       |x1|
hypot         finite   nan      nan
hypot         nan      finite   nan
hypot         nan      nan      nan
isfinite      ±inf              false
isfinite      nan               false
isfinite      finite            true
isinf         ±inf              true
isinf         finite|nan          false
isnan         nan               true
isnan         number            false
less          nan      any      false
less          any      nan      false
less          ±0       ±0       false
less          inf      inf      false
less          -inf     -inf     false
less          finite   inf      true
less          finite   -inf     false
less          -inf     finite   true
less          inf      finite   false
less_equal    nan      any      false
less_equal    any      nan      false
less_equal    ±0       ±0       true
less_equal    inf      inf      true
less_equal    -inf     -inf     true
less_equal    finite   inf      true
less_equal    finite   -inf     false
less_equal    -inf     finite   true
less_equal    inf      finite   false
log           nan               nan
log           <0                nan
log           ±0                -inf
log           1                 +0
log           inf               inf
log10         nan               nan
log10         <0                nan
log10         ±0                -inf
log10         1                 +0
log10         inf               inf
log1p         nan               nan
log1p         <-1               nan
log1p         -1                -inf
log1p         -0                -0
log1p         +0                +0
log1p         inf               inf
log2          nan               nan
log2          <0                nan
log2          ±0                -inf
log2          1                 +0
log2          inf               inf
logaddexp     nan      any      nan
logaddexp     any      nan      nan
logaddexp     inf      number   inf
logaddexp     number   inf      inf
maximum       nan      any      nan
maximum       any      nan      nan
maximum       number   inf      inf
maximum       number   -inf     x1
minimum       nan      any      nan
minimum       any      nan      nan
minimum       number   -inf     -inf
minimum       number   inf      x1
multiply      nan      any      nan
multiply      any      nan      nan
multiply      ±inf     ±0       nan
multiply      ±0       ±inf     nan
multiply      +0       +finite  +0
multiply      -0       +finite  -0
multiply      +0       -finite  -0
multiply      -0       -finite  +0
multiply      +finite  +0       +0
multiply      +finite  -0       -0
multiply      -finite  +0       -0
multiply      -finite  -0       +0
multiply      +0       +0       +0
multiply      +0       -0       -0
multiply      -0       +0       -0
multiply      -0       -0       +0
multiply      inf      >0       inf
multiply      inf      <0       -inf
multiply      -inf     >0       -inf
multiply      -inf     <0       inf
multiply      >0       inf      inf
multiply      <0       inf      -inf
multiply      >0       -inf     -inf
multiply      <0       -inf     inf
negative      nan               nan
negative      +0                -0
negative      -0                +0
negative      inf               -inf
negative      -inf              inf
nextafter     nan      any      nan
nextafter     any      nan      nan
nextafter     -0       +0       +0
nextafter     +0       -0       -0
not_equal     nan      any      true
not_equal     any      nan      true
not_equal     inf      -inf     true
not_equal     -inf     inf      true
not_equal     1.5      2        true
not_equal     ±0       ±0       false
not_equal     inf      inf      false
not_equal     -inf     -inf     false
not_equal     1.5      1.5      false
not_equal     finite   ±inf     true
positive      nan               nan
positive      +0                +0
positive      -0                -0
positive      inf               inf
positive      -inf              -inf
pow           ≠1       nan      nan
pow           any      ±0       1
pow           nan      ≠0       nan
pow           |x|>1    inf      inf
pow           |x|>1    -inf     +0
pow           ±1       ±inf     1
pow           1        number   1
pow           |x|<1    inf      +0
pow           |x|<1    -inf     inf
pow           inf      >0       inf
pow           inf      <0       +0
pow           -inf     +odd     -inf
pow           -inf     +other   inf
pow           -inf     -odd     -0
pow           -inf     -other   +0
pow           +0       >0       +0
pow           +0       <0       inf
pow           -0       +odd     -0
pow           -0       +other   +0
pow           -0       -odd     -inf
pow           -0       -other   inf
pow           -finite  fraction nan
reciprocal    nan               nan
reciprocal    +0                inf
reciprocal    -0                -inf
reciprocal    inf               +0
reciprocal    -inf              -0
remainder     nan      any      nan
remainder     any      nan      nan
remainder     ±inf     ±inf     nan
remainder     ±0       ±0       nan
remainder     ±0       >0       +0
remainder     ±0       <0       -0
remainder     >0       ±0       nan
remainder     <0       ±0       nan
remainder     ±inf     nonzero  nan
remainder     4        2        +0
remainder     -4       2        +0
remainder     4        -2       -0
remainder     -4       -2       -0
remainder     +finite  inf      x1
remainder     +finite  -inf     x2
remainder     -finite  inf      x2
remainder     -finite  -inf     x1
round         integer           x1
round         inf               inf
round         -inf              -inf
round         +0                +0
round         -0                -0
round         nan               nan
round         ±0.5              ±0
round         1.5               2
round         2.5               2
round         3.5               4
round         -1.5              -2
round         -2.5              -2
sign          <0                -1
sign          ±0                ±0
sign          >0                1
sign          nan               nan
signbit       +0                false
signbit       -0                true
signbit       inf               false
signbit       -inf              true
signbit       +finite           false
signbit       -finite           true
signbit       +nan              false
signbit       -nan              true
sin           nan               nan
sin           +0                +0
sin           -0                -0
sin           ±inf              nan
sinh          nan               nan
sinh          +0                +0
sinh          -0                -0
sinh          inf               inf
sinh          -inf              -inf
sqrt          nan               nan
sqrt          <0                nan
sqrt          +0                +0
sqrt          -0                -0
sqrt          inf               inf
square        nan               nan
square        ±0                +0
square        ±inf              inf
subtract      nan      any      nan
subtract      any      nan      nan
subtract      inf      inf      nan
subtract      -inf     -inf     nan
subtract      inf      -inf     inf
subtract      -inf     inf      -inf
subtract      inf      finite   inf
subtract      -inf     finite   -inf
subtract      finite   inf      -inf
subtract      finite   -inf     inf
subtract      ±0       nonzero  -x2
subtract      nonzero  ±0       x1
subtract      1.5      1.5      +0
subtract      +0       +0       +0
subtract      -0       +0       -0
subtract      +0       -0       +0
subtract      -0       -0       +0
tan           nan               nan
tan           +0                +0
tan           -0                -0
tan           ±inf              nan
tanh          nan               nan
tanh          +0                +0
tanh          -0                -0
tanh          inf               1
tanh          -inf              -1
trunc         integer           x1
trunc         inf               inf
trunc         -inf              -inf
trunc         +0                +0
trunc         -0                -0
trunc         nan               nan
"""

INTEGER = """
ceil      any  x1
floor     any  x1
isfinite  any  true
isinf     any  false
isnan     any  false
round     any  x1
sign      <0   -1
sign      ±0   +0
sign      >0   1
trunc     any  x1
"""

COMPLEX = """
abs       ±inf       any        inf
abs       any        ±inf       inf
abs       ±0         any        |b|
abs       any        ±0         |a|
abs       nan        finite     nan
abs       finite     nan        nan
abs       nan        nan        nan
acos      ±0         +0         π/2         -0
acos      ±0         nan        π/2         nan
acos      finite     inf        π/2         -inf
acos      nonzero    nan        nan         nan
acos      -inf       +finite    π           -inf
acos      inf        +finite    +0          -inf
acos      -inf       inf        3π/4        -inf
acos      inf        inf        π/4         -inf
acos      ±inf       nan        nan         ±inf
acos      nan        finite     nan         nan
acos      nan        inf        nan         -inf
acos      nan        nan        nan         nan
acosh     ±0         +0         +0          π/2
acosh     finite     inf        inf         π/2
acosh     nonzero    nan        nan         nan
acosh     +0         nan        nan         ±π/2
acosh     -inf       +finite    inf         π
acosh     inf        +finite    inf         +0
acosh     -inf       inf        inf         3π/4
acosh     inf        inf        inf         π/4
acosh     ±inf       nan        inf         nan
acosh     nan        finite     nan         nan
acosh     nan        inf        inf         nan
acosh     nan        nan        nan         nan
asinh     +0         +0         +0          +0
asinh     +finite    inf        inf         π/2
asinh     finite     nan        nan         nan
asinh     inf        +finite    inf         +0
asinh     inf        inf        inf         π/4
asinh     nan        +0         nan         +0
asinh     nan        nonzero    nan         nan
asinh     nan        inf        ±inf        nan
asinh     nan        nan        nan         nan
atanh     +0         +0         +0          +0
atanh     +0         nan        +0          nan
atanh     1          +0         inf         +0
atanh     +finite    inf        +0          π/2
atanh     nonzero    nan        nan         nan
atanh     inf        +finite    +0          π/2
atanh     inf        inf        +0          π/2
atanh     inf        nan        +0          nan
atanh     nan        finite     nan         nan
atanh     nan        inf        ±0          π/2
atanh     nan        nan        nan         nan
conj      +0         +0         +0          -0
conj      -0         -0         -0          +0
conj      nan        inf        nan         -inf
conj      -inf       nan        -inf        nan
cosh      +0         +0         1           +0
cosh      +0         inf        nan         ±0
cosh      +0         nan        nan         ±0
cosh      nonzero    inf        nan         nan
cosh      nonzero    nan        nan         nan
cosh      inf        +0         inf         +0
cosh      inf        nonzero    inf·cos(b)  inf·sin(b)
cosh      inf        inf        ±inf        nan
cosh      inf        nan        inf         nan
cosh      nan        ±0         nan         ±0
cosh      nan        nonzero    nan         nan
cosh      nan        nan        nan         nan
exp       ±0         +0         1           +0
exp       finite     inf        nan         nan
exp       finite     nan        nan         nan
exp       inf        +0         inf         +0
exp       -inf       finite     0·cos(b)    0·sin(b)
exp       inf        nonzero    inf·cos(b)  inf·sin(b)
exp       -inf       inf        ±0          ±0
exp       inf        inf        ±inf        nan
exp       -inf       nan        ±0          ±0
exp       inf        nan        ±inf        nan
exp       nan        +0         nan         +0
exp       nan        ≠0         nan         nan
exp       nan        nan        nan         nan
expm1     ±0         +0         ±0          +0
expm1     finite     inf        nan         nan
expm1     finite     nan        nan         nan
expm1     inf        +0         inf         +0
expm1     -inf       finite     -1          0·sin(b)
expm1     inf        nonzero    inf·cos(b)  inf·sin(b)
expm1     -inf       inf        -1          ±0
expm1     inf        inf        ±inf        nan
expm1     -inf       nan        -1          ±0
expm1     inf        nan        ±inf        nan
expm1     nan        +0         nan         +0
expm1     nan        ≠0         nan         nan
expm1     nan        nan        nan         nan
imag      any        any        b
isfinite  nan        any        false
isfinite  any        nan        false
isfinite  ±inf       any        false
isfinite  any        ±inf       false
isfinite  finite     finite     true
isinf     ±inf       any        true
isinf     any        ±inf       true
isinf     finite|nan finite|nan false
isnan     nan        any        true
isnan     any        nan        true
isnan     number     number     false
log       -0         +0         -inf        π
log       +0         +0         -inf        +0
log       finite     inf        inf         π/2
log       finite     nan        nan         nan
log       -inf       +finite    inf         π
log       inf        +finite    inf         +0
log       -inf       inf        inf         3π/4
log       inf        inf        inf         π/4
log       ±inf       nan        inf         nan
log       nan        finite     nan         nan
log       nan        inf        inf         nan
log       nan        nan        nan         nan
log1p     -1         +0         -inf        +0
log1p     finite     inf        inf         π/2
log1p     finite     nan        nan         nan
log1p     -inf       +finite    inf         π
log1p     inf        +finite    inf         +0
log1p     -inf       inf        inf         3π/4
log1p     inf        inf        inf         π/4
log1p     ±inf       nan        inf         nan
log1p     nan        finite     nan         nan
log1p     nan        inf        inf         nan
log1p     nan        nan        nan         nan
negative  +0         +0         -0          -0
negative  -0         inf        +0          -inf
negative  nan        -inf       nan         inf
positive  -0         +0         -0          +0
positive  inf        nan        inf         nan
positive  nan        -0         nan         -0
real      any        any        a
round     2.5        -0.5       2           ±0
round     -0         -0         -0          -0
round     +0         -0         +0          -0
round     inf        nan        inf         nan
round     nan        -inf       nan         -inf
round     nan        2.5        nan         2
round     -inf       integer    -inf        b
round     integer    1.5        a           2
sign      ±0         ±0         ±0          ±0
sign      nan        any        nan         nan
sign      any        nan        nan         nan
sinh      +0         +0         +0          +0
sinh      +0         inf        ±0          nan
sinh      +0         nan        ±0          nan
sinh      +finite    inf        nan         nan
sinh      +finite    nan        nan         nan
sinh      inf        +0         inf         +0
sinh      inf        +finite    inf·cos(b)  inf·sin(b)
sinh      inf        inf        ±inf        nan
sinh      inf        nan        ±inf        nan
sinh      nan        +0         nan         +0
sinh      nan        nonzero    nan         nan
sinh      nan        nan        nan         nan
sqrt      ±0         +0         +0          +0
sqrt      any        inf        inf         inf
sqrt      finite     nan        nan         nan
sqrt      -inf       +finite    +0          inf
sqrt      inf        +finite    inf         +0
sqrt      -inf       nan        nan         ±inf
sqrt      inf        nan        inf         nan
sqrt      nan        finite     nan         nan
sqrt      nan        nan        nan         nan
square    nan        nan        nan         nan
tanh      +0         +0         +0          +0
tanh      nonzero    inf        nan         nan
tanh      +0         inf        +0~nan      nan
tanh      nonzero    nan        nan         nan
tanh      +0         nan        +0~nan      nan
tanh      inf        +finite    1           +0~-0
tanh      inf        inf        1           ±0
tanh      inf        nan        1           ±0
tanh      nan        +0         nan         +0
tanh      nan        ≠0         nan         nan
tanh      nan        nan        nan         nan
"""

COMPLEX_PAIRS = """
add        -0   +0    -0    -0    -0   +0
add        +0   -0    -0    +0    +0   +0
add        +0   -0    +0    -0    +0   -0
add        inf  1.5   -inf  -1.5  nan  +0
add        nan  -inf  1.5   inf   nan  nan
add        1.5  nan   2     2     3.5  nan
add        inf  -inf  1.5   1.5   inf  -inf
add        1.5  inf   -inf  nan   -inf nan
divide     nan  nan   nan   nan   nan  nan
equal      nan  some  some  some  false
equal      some nan   some  some  false
equal      some some  nan   some  false
equal      some some  some  nan   false
equal      ±0   ±0    ±0    ±0    true
equal      inf  1.5   inf   1.5   true
equal      inf  1.5   inf   2     false
equal      inf  1.5   -inf  1.5   false
equal      1.5  -inf  1.5   inf   false
multiply   nan  nan   nan   nan   nan  nan
not_equal  nan  some  some  some  true
not_equal  some nan   some  some  true
not_equal  some some  nan   some  true
not_equal  some some  some  nan   true
not_equal  ±0   ±0    ±0    ±0    false
not_equal  inf  1.5   inf   1.5   false
not_equal  inf  1.5   inf   2     true
not_equal  inf  1.5   -inf  1.5   true
subtract   -0   +0    +0    +0    -0   +0
subtract   +0   -0    -0    +0    +0   -0
subtract   +0   -0    +0    -0    +0   +0
subtract   inf  1.5   inf   1.5   nan  +0
subtract   nan  -inf  1.5   -inf  nan  nan
subtract   2    nan   0.5   2     1.5  nan
subtract   inf  -inf  1.5   1.5   inf  -inf
subtract   1.5  inf   inf   nan   -inf nan
"""


class Relation(NamedTuple):
    """How a function follows from another, or from itself elsewhere: ``f(x) = back(g(there(x)))``."""

    text: str
    """The right-hand side, with ``{name}`` for ``g``."""
    result: str
    """The result, with ``{}`` for that of ``g``."""
    origin: Callable[[Any], Any]
    """From the argument of ``g`` to that of ``f``."""
    undo: Callable[[Any], Any]
    """From the result of ``f`` to that of ``g``."""


def turned(z: complex) -> complex:
    """``z * 1j``, part by part, as the standard has the product with an imaginary number."""
    return complex(-z.imag, z.real)


def turned_back(z: complex) -> complex:
    """``z * -1j``, part by part."""
    return complex(z.imag, -z.real)


def same(z: complex) -> complex:
    """``z``."""
    return z


def opposite(z: complex) -> complex:
    """``-z``."""
    return -z


def scaled(base: float) -> Callable[[complex], complex]:
    """Multiplication with the logarithm of a base, part by part."""
    factor = math.log(base)
    return lambda z: complex(z.real * factor, z.imag * factor)


CONJUGATE = Relation("conj({name}(conj(x)))", "conj({})", complex.conjugate, complex.conjugate)
ODD = Relation("-{name}(-x)", "-({})", opposite, opposite)
EVEN = Relation("{name}(-x)", "{}", opposite, same)
ROTATED = Relation("-1j * {name}(x*1j)", "-1j * ({})", turned_back, turned)
COSINE = Relation("{name}(x*1j)", "{}", turned_back, same)
LOG2 = Relation("{name}(x) / {name}(2)", "({}) / log(2)", same, scaled(2))
LOG10 = Relation("{name}(x) / {name}(10)", "({}) / log(10)", same, scaled(10))

SYMMETRIES = {
    **dict.fromkeys("acos acosh exp expm1 log log1p sqrt".split(), (CONJUGATE,)),
    **dict.fromkeys("asinh atanh sinh tanh".split(), (CONJUGATE, ODD)),
    "cosh": (CONJUGATE, EVEN),
}
"""Relations of complex functions with themselves, which carry each row to other quadrants."""

DERIVED = {
    "asin": ("asinh", ROTATED),
    "atan": ("atanh", ROTATED),
    "cos": ("cosh", COSINE),
    "log10": ("log", LOG10),
    "log2": ("log", LOG2),
    "sin": ("sinh", ROTATED),
    "tan": ("tanh", ROTATED),
}
"""Complex functions that the standard defines by another, special cases included."""


RULES = {
    ("add", "complex"): "The special cases of real numbers apply to the real and imaginary components independently",
    ("negative", "complex"): "Both the real and imaginary components must be negated",
    ("subtract", "complex"): "The result of x1_i - x2_i must be the same as x1_i + (-x2_i), by the rules of `add`",
}
"""What the standard says where it has no row for each case, of which those of the table follow."""


class Row(NamedTuple):
    """A special case of a function, for operands of one kind of data types."""

    function: str
    kind: str
    """``integer``, ``real`` or ``complex``."""
    operands: tuple[str, ...]
    result: tuple[str, ...]
    relations: tuple[Relation, ...] = ()
    """Relations through which it follows from a row of the table, outermost last."""

    @property
    def source(self) -> str:
        """Function of whose sentence this is."""
        return DERIVED[self.function][0] if self.relations and self.function in DERIVED else self.function

    @property
    def arity(self) -> int:
        """Number of operands."""
        return len(self.operands) // (2 if self.kind == "complex" else 1)

    @property
    def names(self) -> tuple[str, ...]:
        """What the standard calls the operands, or their parts."""
        if self.kind == "complex":
            return ("a", "b", "c", "d")[: len(self.operands)]
        return {1: ("x_i",), 2: ("x1_i", "x2_i"), 3: ("x_i", "min_i", "max_i")}[self.arity]

    @property
    def sentence(self) -> str:
        """The row in the words of the standard."""
        conditions = [f"{name} is {phrase(word)}" for name, word in zip(self.names, self.operands, strict=True)]
        text = f"{' and '.join(conditions)}, the result is {self.outcome}."
        if not self.relations:
            rule = RULES.get((self.function, self.kind))
            return f"{rule}: if {text}" if rule else f"If {text}"
        equations = [f"{name}(x) must equal {relation.text.format(name=self.source)}" for name, relation in zip(
            [*[self.source] * (len(self.relations) - 1), self.function], self.relations, strict=True
        )]  # fmt: skip
        return f"{' and '.join(reversed(equations))}. Of {self.source}: if {text}"

    @property
    def outcome(self) -> str:
        """The result, of the function of whose sentence this is, in the words of the standard."""
        words = [named(word, self.names) for word in self.result]
        return words[0] if len(words) == 1 else joined(*words)

    @property
    def expected(self) -> str:
        """The result in words."""
        text = self.outcome
        for relation in self.relations:
            text = relation.result.format(text)
        return text

    def instances(self, dtype: str) -> list[tuple[tuple[Any, ...], tuple[float, ...]]]:
        """Operands to try, of a data type, and the columns of the table from which they come."""
        combinations = list(product(*map(values, self.operands)))
        if self.kind == "complex":
            return [(tuple(map(self.placed, paired(columns))), columns) for columns in combinations]
        if self.kind == "integer":
            low, high = limits(dtype)
            whole = dict.fromkeys(int(x) for (x,) in combinations if math.isfinite(x) and x == int(x))
            return [((x,), (x,)) for x in whole if low <= x <= high]
        return [(columns, columns) for columns in combinations]

    def placed(self, z: complex) -> complex:
        """An operand of the table, at the place to which the relations carry it."""
        for relation in self.relations:
            z = relation.origin(z)
        return z

    def accepts(self, got: Any, columns: Sequence[float], dtype: str, strict: bool = False) -> bool:
        """Whether a result is what the row says of these columns; if strict, what the standard prefers."""
        for relation in reversed(self.relations):
            got = relation.undo(got)
        parts = (got.real, got.imag) if len(self.result) == 2 else (got,)
        return all(
            any(agrees(part, each, columns, dtype) for each in word.split("~")[: 1 if strict else None])
            for part, word in zip(parts, self.result, strict=True)
        )


def paired(columns: Sequence[float]) -> Iterator[complex]:
    """Complex numbers of their parts."""
    return map(complex, columns[::2], columns[1::2])


def phrase(word: str) -> str:
    """An operand in the words of the standard."""
    if word not in SETS and word.startswith("-") and word[1:] in SETS:
        return f"-{SETS[word[1:]][0]}"
    return SETS[word][0] if word in SETS else word


def named(word: str, names: Sequence[str]) -> str:
    """A result in the words of the standard."""
    preferred, *others = word.split("~")
    if preferred in OPERANDS:
        text = OPERANDS[preferred][0].format(*names)
    elif preferred in ("true", "false"):
        text = preferred.capitalize()
    else:
        text = preferred.replace("±inf", "±infinity") if preferred.startswith("±") else phrase(preferred)
    return text + "".join(f" (libraries may return {named(other, names)})" for other in others)


def joined(real: str, imag: str) -> str:
    """The parts of a complex result as one number.

    >>> joined("NaN", "-π/2"), joined("+0", "+infinity"), joined("1", "±0")
    ('NaN - π/2 j', '+0 + infinity j', '1 ± 0 j')
    """
    sign, rest = (imag[0], imag[1:]) if imag[0] in "+-±" else ("+", imag)
    return f"{real} {sign} {rest} j"


def values(word: str) -> Sequence[float]:
    """Values to try for an operand."""
    if word in SETS:
        return SETS[word][1]
    return [float(word)]


def constant(word: str) -> float:
    """The value of a result that does not depend on the operands."""
    sign = -1 if word[0] == "-" else 1
    word = word.lstrip("+-±")
    return math.copysign(CONSTANTS[word] if word in CONSTANTS else float(word), sign)


def agrees(value: Any, word: str, columns: Sequence[float], dtype: str) -> bool:
    """Whether a part of a result is what a word says: exactly, but for multiples of π."""
    expected = OPERANDS[word][1](columns) if word in OPERANDS else constant(word)
    value = float(value)
    if math.isnan(expected):
        return math.isnan(value) and (word not in ("+nan", "-nan") or sign(value) == sign(expected))
    accuracy = 2.0 ** -(digits(dtype) // 2) if "π" in word else 0.0
    same_sign = word.startswith("±") or is_integer(dtype) or sign(value) == sign(expected)
    return same_sign and (
        abs(value) == abs(expected) or math.isclose(abs(value), abs(expected), rel_tol=accuracy, abs_tol=0)
    )


def sign(value: float) -> float:
    """1 or -1, of zeros and NaN too."""
    return math.copysign(1, value)


def parsed(table: str, kind: str) -> Iterator[Row]:
    """The rows of a table."""
    for line in table.strip().splitlines():
        function, *words = line.split()
        count = len(BY_NAME[function].parameters) * (2 if kind == "complex" else 1)
        yield Row(function, kind, tuple(words[:count]), tuple(words[count:]))


@cache
def table() -> dict[str, tuple[Row, ...]]:
    """All rows by function, those that follow by a relation last."""
    found: dict[str, list[Row]] = {}
    given = [(REAL, "real"), (INTEGER, "integer"), (COMPLEX, "complex"), (COMPLEX_PAIRS, "complex")]
    for row in (row for text, kind in given for row in parsed(text, kind)):
        found.setdefault(row.function, []).append(row)
    for function, symmetries in SYMMETRIES.items():
        for symmetry in symmetries:
            found[function] += [
                row._replace(relations=(*row.relations, symmetry)) for row in found[function] if row.kind == "complex"
            ]
    for function, (source, relation) in DERIVED.items():
        found[function] += [
            row._replace(function=function, relations=(*row.relations, relation))
            for row in found[source]
            if row.kind == "complex"
        ]
    return {function: tuple(each) for function, each in found.items()}


def rows(function: str) -> tuple[Row, ...]:
    """Special cases of a function."""
    return table().get(function, ())
