"""Clients: libraries that take arrays of any namespace, and give back arrays of the one that they were given.

SciPy and scikit-learn read ``SCIPY_ARRAY_API`` when they are imported, so the calls run in a process of their own: this
file, run as a script, prints for each call what came out of it.
"""

import importlib.util
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

import numpy
import pytest

RNG = numpy.random.default_rng(20251122)
X = RNG.standard_normal((40, 3))
Y = X @ numpy.asarray([[1.0], [-2.0], [0.5]]) + 0.1 * RNG.standard_normal((40, 1))
LABELS = (X[:, 0] > 0).astype(numpy.int64)
SIGNAL = numpy.sin(numpy.linspace(0, 20, 64)) + 0.1 * RNG.standard_normal(64)


def fitted(name, *results, **parameters):
    """A call of scikit-learn: fit an estimator of arrays, and give results of its methods or attributes."""

    def call(library, asarray):
        estimator = getattr(library, name)(**parameters)
        data = asarray(X)
        estimator.fit(data, asarray(LABELS))
        found = [getattr(estimator, result) for result in results]
        return [each(data) if callable(each) else each for each in found]

    return call


# Module and name, and a call of the module with arrays that `a` makes.
CALLS = {
    "scipy.special expit": lambda m, a: m.expit(a(SIGNAL)),
    "scipy.special logsumexp": lambda m, a: m.logsumexp(a(X), axis=1),
    "scipy.special softmax": lambda m, a: m.softmax(a(X), axis=0),
    "scipy.special xlogy": lambda m, a: m.xlogy(a(abs(X)), a(abs(X))),
    "scipy.special betainc": lambda m, a: m.betainc(a(abs(X)), a(abs(X) + 1), a(abs(X) / 9)),
    "scipy.stats zscore": lambda m, a: m.zscore(a(X)),
    "scipy.stats skew": lambda m, a: m.skew(a(X)),
    "scipy.stats kurtosis": lambda m, a: m.kurtosis(a(X), axis=1),
    "scipy.stats moment": lambda m, a: m.moment(a(X), 3),
    "scipy.stats gmean": lambda m, a: m.gmean(a(abs(X))),
    "scipy.stats ttest_ind": lambda m, a: tuple(m.ttest_ind(a(X), a(X + 1)))[:2],
    "scipy.stats pearsonr": lambda m, a: m.pearsonr(a(X[:, 0]), a(Y[:, 0])).statistic,
    "scipy.stats entropy": lambda m, a: m.entropy(a(abs(X))),
    "scipy.stats directional_stats": lambda m, a: m.directional_stats(a(X)).mean_direction,
    "scipy.signal detrend": lambda m, a: m.detrend(a(SIGNAL)),
    "scipy.signal hilbert": lambda m, a: m.hilbert(a(SIGNAL)),
    "scipy.signal fftconvolve": lambda m, a: m.fftconvolve(a(SIGNAL), a(SIGNAL[:5])),
    "scipy.fft rfft": lambda m, a: m.rfft(a(SIGNAL)),
    "scipy.fft dct": lambda m, a: m.dct(a(SIGNAL)),
    "scipy.ndimage gaussian_filter": lambda m, a: m.gaussian_filter(a(X), 1.0),
    "scipy.integrate trapezoid": lambda m, a: m.trapezoid(a(SIGNAL), dx=0.5),
    "scipy.integrate cumulative_simpson": lambda m, a: m.cumulative_simpson(a(SIGNAL), dx=0.5),
    "scipy.cluster.vq whiten": lambda m, a: m.whiten(a(X)),
    "scipy.spatial.transform Rotation": lambda m, a: m.Rotation.from_rotvec(a(X)).as_matrix(),
    "scipy.differentiate derivative": lambda m, a: m.derivative(lambda x: x**3, a(X)).df,
    "scipy.optimize.elementwise find_root": lambda m, a: m.find_root(
        lambda x, c: x**2 - c, (a(numpy.zeros(5)), a(numpy.full(5, 9.0))), args=(a(numpy.arange(1.0, 6.0)),)
    ).x,
    "sklearn.preprocessing StandardScaler": fitted("StandardScaler", "transform", "mean_", "scale_"),
    "sklearn.preprocessing MinMaxScaler": fitted("MinMaxScaler", "transform"),
    "sklearn.preprocessing MaxAbsScaler": fitted("MaxAbsScaler", "transform"),
    "sklearn.preprocessing Normalizer": fitted("Normalizer", "transform"),
    "sklearn.preprocessing PolynomialFeatures": fitted("PolynomialFeatures", "transform", degree=2),
    "sklearn.decomposition PCA": fitted("PCA", "transform", "components_", svd_solver="full"),
    "sklearn.linear_model Ridge": fitted("Ridge", "predict", "coef_", solver="svd"),
    "sklearn.linear_model RidgeClassifier": fitted("RidgeClassifier", "predict", solver="svd"),
    "sklearn.discriminant_analysis LinearDiscriminantAnalysis": fitted("LinearDiscriminantAnalysis", "predict"),
    "sklearn.naive_bayes GaussianNB": fitted("GaussianNB", "predict", "theta_"),
    "sklearn.mixture GaussianMixture": fitted(
        "GaussianMixture", "means_", init_params="random_from_data", random_state=0
    ),
    "sklearn.metrics r2_score": lambda m, a: m.r2_score(a(Y), a(Y + 0.1)),
    "sklearn.metrics mean_squared_error": lambda m, a: m.mean_squared_error(a(Y), a(Y + 0.1)),
    "sklearn.metrics accuracy_score": lambda m, a: m.accuracy_score(a(LABELS), a(1 - LABELS)),
    "sklearn.metrics.pairwise euclidean_distances": lambda m, a: m.euclidean_distances(a(X), a(X[:5])),
    "sklearn.metrics.pairwise rbf_kernel": lambda m, a: m.rbf_kernel(a(X), a(X[:5])),
    "sklearn.model_selection train_test_split": lambda m, a: m.train_test_split(a(X), random_state=0),
    "array_api_compat array_namespace": lambda m, a: [
        m.array_namespace(a(X), 1.0, None).sum(a(X)), m.to_device(a(X), m.device(a(X))), a([m.size(a(X))]),
    ],
    "array_api_extra at": lambda m, a: [m.at(a(X))[0, :].set(1.0), m.at(a(X), a(X) > 0).add(1.0)],
    "array_api_extra cov": lambda m, a: m.cov(a(X.T)),
    "array_api_extra kron": lambda m, a: m.kron(a(X[:2]), a(X[:2])),
    "array_api_extra setdiff1d": lambda m, a: m.setdiff1d(a(numpy.arange(5)), a(numpy.asarray([1, 3]))),
    "array_api_extra apply_where": lambda m, a: m.apply_where(a(X) > 0, a(X), lambda x: x**0.5, fill_value=0.0),
    "array_api_extra one_hot": lambda m, a: m.one_hot(a(LABELS), 2),
    "array_api_extra pad": lambda m, a: m.pad(a(X), 1),
    "array_api_extra isclose": lambda m, a: m.isclose(a(X), a(X)),
    "array_api_extra lazy_apply": lambda m, a: m.lazy_apply(numpy.sort, a(X), as_numpy=True),
    "array_api_extra nunique": lambda m, a: m.nunique(a(LABELS)),
}  # fmt: skip

SCALARS = {"sklearn.metrics r2_score", "sklearn.metrics mean_squared_error", "sklearn.metrics accuracy_score"}
"""Calls that give a Python number for any arrays."""

needed = pytest.mark.skipif(not importlib.util.find_spec("scipy"), reason="needs SciPy: pip install scipy")


def flat(result):
    return [each for part in result for each in flat(part)] if isinstance(result, (list, tuple)) else [result]


def outcome(name):
    """What a call gives for arrays of extensor: the types of its results, and whether they have NumPy's values."""
    import extensor

    library = name.partition(" ")[0]
    if not importlib.util.find_spec(library.partition(".")[0]):
        return "missing"
    dispatch = nullcontext()
    if library.startswith("sklearn"):
        from sklearn import config_context

        dispatch = config_context(array_api_dispatch=True)
    module, call = import_module(library), CALLS[name]
    expected = flat(call(module, numpy.asarray))
    with dispatch:
        results = flat(call(module, extensor.asarray))
    for result, value in zip(results, expected, strict=True):
        numpy.testing.assert_allclose(numpy.asarray(result), value, rtol=1e-7, atol=1e-9)
    return sorted({type(result).__name__ for result in results})


def outcomes():
    found = {}
    for name in CALLS:
        try:
            found[name] = outcome(name)
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found


@pytest.fixture(scope="module")
def reported():
    environment = os.environ | {"SCIPY_ARRAY_API": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-W", "ignore", __file__]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@needed
@pytest.mark.parametrize("name", CALLS)
def test_client(name, reported):
    if reported[name] == "missing":
        pytest.skip(f"needs the library of {name}")
    assert reported[name] == (["float"] if name in SCALARS else ["ExTensor"])


if __name__ == "__main__":
    print(json.dumps(outcomes()))
