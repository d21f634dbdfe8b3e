"""`strict()`: refuses what array-api-strict refuses, takes what the standard guarantees, and ends with its block."""

import operator
import threading
from itertools import product

import array_api_strict
import numpy
import pytest

import extensor as xp
from conformance import spec

ARGUMENTS = {
    "broadcast_to": ((2, 2),),
    "expand_dims": (0,),
    "matrix_power": (2,),
    "permute_dims": ((1, 0),),
    "reshape": ((4,),),
    "roll": (1,),
    "tile": ((2,),),
}
SINGLES = [row for row in spec.FUNCTIONS if row.signature.startswith("(x, /") and row.name != "full_like"]
PAIRS = [row for row in spec.FUNCTIONS if row.signature.startswith("(x1, x2, /")]
SECOND = [*spec.DTYPES, True, 1, 1.5, 1j]

# What array-api-strict lets through, and the text does not guarantee. All else, it and strict() decide alike.
STRICTER = {
    "matmul": "operands of kinds that do not promote, which the text wants promotable, go to NumPy unchecked",
    "tensordot": "as matmul",
    "vecdot": "as matmul, and integers, where the text has floating-point data types",
    "cross": "as matmul",
    "outer": "as matmul",
    "solve": "Python scalars, which the text has in elementwise functions and few others",
    "searchsorted": "kinds that do not promote",
    "matrix_rank": "integers, where the text has floating-point data types",
    "greater": "a complex scalar, where the text has real data types",
    "greater_equal": "as greater",
    "less": "as greater",
    "less_equal": "as greater",
    "maximum": "as greater",
    "minimum": "as greater",
}


@pytest.fixture(autouse=True)
def newest():
    array_api_strict.set_array_api_strict_flags(api_version="2025.12")


def function(namespace, row):
    return getattr(getattr(namespace, row.chapter) if row.chapter in spec.NAMESPACES else namespace, row.name)


def ones(namespace, name):
    return namespace.ones((2, 2), dtype=getattr(namespace, name))


def refused(call):
    """Whether a call raises an error of types; any other is one of values."""
    try:
        call()
    except (TypeError, AttributeError):
        return True
    except (ValueError, RuntimeError):
        return False
    return False


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("row", SINGLES, ids=lambda row: row.path)
def test_data_types_of_one_array(row):
    arguments = ARGUMENTS.get(row.name, ())
    for name in spec.DTYPES:
        theirs = refused(lambda name=name: function(array_api_strict, row)(ones(array_api_strict, name), *arguments))
        with xp.strict():
            ours = refused(lambda name=name: function(xp, row)(ones(xp, name), *arguments))
        assert ours == theirs or (ours and row.name in STRICTER), name


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("row", PAIRS, ids=lambda row: row.path)
def test_data_types_of_two_operands(row):
    def call(namespace, first, second):
        operand = ones(namespace, second) if type(second) is str else second
        return refused(lambda: function(namespace, row)(ones(namespace, first), operand))

    for first, second in product(spec.DTYPES, SECOND):
        theirs = call(array_api_strict, first, second)
        with xp.strict():
            ours = call(xp, first, second)
        assert ours == theirs or (ours and row.name in STRICTER), (first, second)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("row", [row for row in spec.OPERATORS if row.reflected], ids=lambda row: row.method)
def test_operators_refuse_what_their_function_refuses(row):
    named, inplace = getattr(operator, row.method), getattr(operator, row.inplace)
    for first, second in product(spec.DTYPES, SECOND):
        x1 = ones(xp, first)
        x2 = ones(xp, second) if type(second) is str else second
        with xp.strict():
            expected = refused(lambda x1=x1, x2=x2: getattr(xp, row.function)(x1, x2))
            assert refused(lambda x1=x1, x2=x2: named(x1, x2)) == expected
            if type(second) is not str and row.function not in STRICTER:
                assert refused(lambda x1=x1, x2=x2: named(x2, x1)) == expected
            if expected:
                assert refused(lambda x1=x1, x2=x2: inplace(x1, x2))


HALF = xp.asarray([1], dtype=xp.float16)
LENIENT = {
    "mixed kinds": lambda: xp.ones(2) + xp.asarray([1, 2]),
    "mixed kinds in concat": lambda: xp.concat([xp.ones(1), xp.asarray([1])]),
    "mixed kinds in where": lambda: xp.where(xp.asarray([True]), xp.ones(1), xp.asarray([1])),
    "uint64 and int64": lambda: xp.result_type(xp.uint64, xp.int64),
    "mixed kinds assigned": lambda: operator.setitem(xp.ones(2), 0, xp.asarray(1)),
    "true division of integers": lambda: xp.asarray([1]) / 2,
    "integers in a function of floats": lambda: xp.sin(xp.asarray([1])),
    "sum of bools": lambda: xp.sum(xp.asarray([True])),
    "NumPy array as operand": lambda: xp.add(xp.ones(2), numpy.ones(2)),
    "NumPy array beside an operator": lambda: xp.ones(2) + numpy.ones(2),
    "NumPy array before an operator": lambda: numpy.ones(2) + xp.ones(2),
    "NumPy scalar": lambda: xp.ones(2) + numpy.float64(1),
    "NumPy function": lambda: numpy.sin(xp.ones(2)),
    "NumPy array as argument": lambda: xp.sum(numpy.ones(2)),
    "NumPy array assigned": lambda: operator.setitem(xp.ones(2), slice(None), numpy.ones(2)),
    "NumPy array as index": lambda: xp.ones(2)[numpy.asarray([0])],
    "list as index": lambda: xp.ones(2)[[0, 1]],
    "bool as index": lambda: xp.ones(2)[True],
    "mask among indices": lambda: xp.ones((2, 2))[xp.asarray([True, False]), 0],
    "integer array beside a slice": lambda: xp.ones((2, 2))[xp.asarray([0]), :],
    "fewer indices than axes": lambda: xp.ones((2, 2))[0],
    "slice beyond the end": lambda: xp.ones(2)[:3],
    "slice beyond the start, after an ellipsis": lambda: xp.ones((5, 2))[..., -3:],
    "integer array in assignment": lambda: operator.setitem(xp.ones(2), xp.asarray([0]), 1.0),
    "newaxis in assignment": lambda: operator.setitem(xp.ones(2), (None, 0), 1.0),
    "Python scalar for an array": lambda: xp.sin(1.0),
    "array as fill_value": lambda: xp.full(2, xp.asarray(1.0)),
    "array as fill_value of full_like": lambda: xp.full_like(xp.ones(2), xp.asarray(1.0)),
    "name of a data type": lambda: xp.zeros(2, dtype="float32"),
    "data type beyond the standard": lambda: xp.zeros(2, dtype=xp.float16),
    "array of a data type beyond the standard": lambda: xp.abs(HALF),
    "length": lambda: len(xp.ones(2)),
    "iteration": lambda: list(xp.ones(2)),
}  # fmt: skip


@pytest.mark.parametrize("call", LENIENT.values(), ids=LENIENT)
def test_leniency_is_turned_off_and_on_again(call):
    call()
    with xp.strict(), pytest.raises(TypeError, match="strict: "):
        call()
    call()


GUARANTEED = {
    "scalars on either side": lambda x: 2.0 * x + 1,
    "complex scalar": lambda x: x * 1j,
    "clip by scalars": lambda x: xp.clip(x, 0, 1.0),
    "scalar in where": lambda x: xp.where(x > 0, x, 0.0),
    "masks": lambda x: x[x > 0],
    "mask in assignment": lambda x: operator.setitem(x, x > 0, 0.0),
    "ellipsis": lambda x: x[..., 0],
    "newaxis": lambda x: x[None, ..., -1:],
    "slices to the end": lambda x: x[-2:2, ::-1],
    "integer arrays": lambda x: x[xp.asarray([0, 1]), xp.asarray([1, 0])],
    "integer array and integer": lambda x: x[xp.asarray([0, 1]), 0],
    "0-d array as index": lambda x: x[xp.asarray(0), 1],
    "signed and unsigned": lambda x: xp.asarray([1], dtype=xp.int8) + xp.asarray([1], dtype=xp.uint8),
    "float and complex": lambda x: x + xp.ones(2, dtype=xp.complex64),
    "casting said": lambda x: x + xp.astype(xp.asarray([1, 2]), x.dtype),
    "cast across kinds, asked": lambda x: xp.can_cast(xp.int64, x.dtype),
    "limits": lambda x: (xp.finfo(x.dtype), xp.iinfo(xp.int8)),
    "reductions": lambda x: xp.sum(x, axis=0, dtype=xp.float64),
    "linear algebra": lambda x: (x @ x, xp.linalg.trace(x), xp.linalg.matrix_rank(x, rtol=0.1)),
    "asarray of a NumPy array": lambda x: xp.asarray(numpy.ones(2)),
    "DLPack": lambda x: xp.from_dlpack(x),
    "scalars out": lambda x: (float(x[0, 0]), bool(x[0, 0])),
    "repeat": lambda x: (xp.repeat(x, 2), xp.repeat(x, xp.asarray([1, 2]), axis=0)),
    "meshgrid": lambda x: xp.meshgrid(x[0, :], x[1, :]),
    "fft": lambda x: xp.fft.rfft(x),
}  # fmt: skip


@pytest.mark.parametrize("call", GUARANTEED.values(), ids=GUARANTEED)
def test_the_standard_is_taken(call):
    with xp.strict():
        call(xp.ones((2, 2)))


def test_blocks_nest_and_end_with_errors():
    mixed = LENIENT["mixed kinds"]
    with xp.strict():
        with pytest.raises(ValueError, match="on purpose"), xp.strict():
            raise ValueError("on purpose")
        assert refused(mixed)
    assert not refused(mixed)


def test_other_threads_stay_lenient():
    results = []
    with xp.strict():
        thread = threading.Thread(target=lambda: results.append(refused(LENIENT["mixed kinds"])))
        thread.start()
        thread.join()
        assert refused(LENIENT["mixed kinds"])
    assert results == [False]


def test_a_block_in_another_thread_changes_nothing_here():
    entered, done = threading.Event(), threading.Event()

    def wait():
        with xp.strict():
            entered.set()
            done.wait()

    thread = threading.Thread(target=wait)
    thread.start()
    entered.wait()
    try:
        assert not refused(LENIENT["mixed kinds"])
    finally:
        done.set()
        thread.join()
