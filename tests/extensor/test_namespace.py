"""The namespace against the standard's table: names, signatures, documentation."""

import doctest
import inspect
import pickle
import re
import types
from pathlib import Path

import array_api_strict
import pytest

import extensor as xp
from conformance import spec

MAIN = [row for row in spec.FUNCTIONS if row.chapter not in spec.NAMESPACES]
OWN = {"ExTensor", "Store", "__array_api_version__", "__version__", "fft", "linalg"}
OWN |= {"get_num_threads", "pool", "set_num_threads"}
OWN |= {"from_buffer", "share", "attach"}
OWN |= {"dot", "einsum", "flatten", "float16", "median", "pad", "quantile", "random", "scatter", "special", "split"}
OWN |= {"strict"}
OWN |= {"digamma", "erf", "erfc", "erfinv", "gamma", "gammaln"}
OWN |= {"load", "load_safetensors", "open_memmap", "save", "save_safetensors"}
PLACES = {None: xp, "linalg": xp.linalg, "fft": xp.fft, "info": xp.__array_namespace_info__()}


def find(row):
    return getattr(PLACES[row.chapter if row.chapter in spec.NAMESPACES else None], row.name)


def test_all_is_the_standard_and_little_more():
    standard = {row.name for row in MAIN} | set(spec.DTYPES) | set(spec.CONSTANTS)
    assert set(xp.__all__) - {"__array_namespace_info__"} == (standard | OWN) - {"__array_namespace_info__"}
    assert all(hasattr(xp, name) for name in xp.__all__)


@pytest.mark.parametrize("name", sorted(OWN - {"ExTensor", "__array_api_version__", "__version__", "fft", "linalg"}))
def test_what_is_beyond_the_standard_is_documented_as_such(name):
    assert f"`{name}" in (Path(__file__).parents[2] / "docs" / "extensions.md").read_text()


@pytest.mark.parametrize("name", ["linalg", "fft", "info"])
def test_all_of_an_extension(name):
    assert set(PLACES[name].__all__) == {row.name for row in spec.FUNCTIONS if row.chapter == name}


@pytest.mark.parametrize("row", spec.FUNCTIONS, ids=lambda row: row.path)
def test_signature(row):
    bare = [p.replace(annotation=p.empty) for p in inspect.signature(find(row)).parameters.values()]
    assert [(p.name, p.kind) for p in bare] == [(p.name, p.kind) for p in _standard(row)]


def _standard(row):
    code = f"def function{row.signature}: pass"
    scope = {}
    exec(code, vars(types) | {"inf": float("inf")}, scope)
    return inspect.signature(scope["function"]).parameters.values()


@pytest.mark.parametrize("row", spec.FUNCTIONS, ids=lambda row: row.path)
def test_documentation_runs(row):
    function = find(row)
    assert function.__name__ == row.name
    scope = dict(vars(inspect.getmodule(function)))
    tests = doctest.DocTestFinder(recurse=False).find(function, row.path, module=False, globs=scope)
    assert [example for test in tests for example in test.examples], "no example"
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in tests:
        assert runner.run(test).failed == 0


def test_operators_are_those_of_the_table():
    methods = {m for row in spec.OPERATORS for m in (row.method, row.reflected, row.inplace) if m}
    assert methods <= set(vars(xp.ExTensor))
    declared = inspect.getsource(xp.ExTensor).partition("if TYPE_CHECKING:")[2].partition("# Indexing")[0]
    assert set(re.findall(r"__\w+__", declared)) == methods


def test_versions():
    x = xp.zeros(1)
    assert x.__array_namespace__() is xp
    assert x.__array_namespace__(api_version="2022.12") is xp
    with pytest.raises(ValueError, match="1999"):
        x.__array_namespace__(api_version="1999.12")


def test_namespace_hashes_and_has_a_name():
    assert xp.__name__ == "extensor"
    assert {xp: 1}[xp] == 1


@pytest.mark.parametrize("name", spec.DTYPES)
def test_dtypes(name):
    dtype = getattr(xp, name)
    assert dtype.name == name
    assert pickle.loads(pickle.dumps(dtype)) == dtype
    assert xp.isdtype(dtype, spec.DTYPES[name])
    assert array_api_strict.isdtype(getattr(array_api_strict, name), spec.DTYPES[name])


def test_info():
    info = xp.__array_namespace_info__()
    assert info.devices() == (info.default_device(),) == (xp.zeros(1).device,)
    assert info.dtypes() == {name: getattr(xp, name) for name in spec.DTYPES}
    assert info.dtypes(kind=("bool", "integral")).keys() == info.dtypes(kind="integral").keys() | {"bool"}
    assert info.default_dtypes()["real floating"] == xp.zeros(1).dtype
    assert info.default_dtypes()["indexing"] == xp.argmax(xp.zeros(1)).dtype
    with pytest.raises(ValueError, match="kind"):
        info.dtypes(kind="octonion")
    with pytest.raises(ValueError, match="gpu"):
        info.dtypes(device="gpu")
