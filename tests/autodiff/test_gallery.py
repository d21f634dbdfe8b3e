"""Derivatives of unmodified functions of SciPy, array-api-extra and scikit-learn; ``docs/gallery.md`` lists them.

SciPy and scikit-learn read ``SCIPY_ARRAY_API`` when they are imported, so the calls run in a process of their own: this
file, run as a script with names of namespaces, prints for each namespace and call the highest order whose derivatives
are those of differences of the library's own values on plain arrays, or the error that was raised. With ``--page`` it
prints the rows of the page's tables instead.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
import warnings
from contextlib import nullcontext
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "gallery.md"
NAMESPACES = ("numpy", "extensor", "torch")

RNG = numpy.random.default_rng(20251122)
M = RNG.uniform(0.2, 0.9, (4, 3))
V = RNG.uniform(0.2, 0.9, 8)
WAVE = numpy.sin(numpy.linspace(0.3, 5.0, 8)) + 0.1 * RNG.standard_normal(8)
POSITIVE = M.T @ M + numpy.eye(3)
X0, Y0 = numpy.asarray([[0.1, 0.9, 0.4], [0.8, 0.2, 0.6], [0.3, 0.7, 0.5], [0.6, 0.4, 0.1]]), [0, 1, 0, 1]


def like(x, values):
    """Constants in the namespace of `x`."""
    from autodiff import array_namespace

    values = numpy.asarray(values)
    return array_namespace(x).asarray(values, dtype=x.dtype if values.dtype.kind == "f" else None)


def exp(x):
    from autodiff import array_namespace

    return array_namespace(x).exp(x)


def fitted(name, result, **options):
    """Fit an estimator of scikit-learn to constants, and give what it makes of `x`."""

    def call(m, x):
        estimator = getattr(m, name)(**options).fit(like(x, X0), like(x, Y0))
        return getattr(estimator, result)(x)

    return call


def each(library, names, data, call=lambda function, x: function(x)):
    """Several functions of a library that are called alike."""
    return {
        f"{library}.{name}": (library, lambda m, x, name=name: call(getattr(m, name), x), data)
        for name in names.split()
    }


def of(library, table):
    return {f"{library}.{name}": (library, *row) for name, row in table.items()}


# By name: the module, a call ``(module, x)``, and x.
WORKS = {
    **each("scipy.special", "log1p expm1", V),
    **each("scipy.special", "logsumexp softmax log_softmax", M, lambda f, x: f(x, axis=1)),
    **each("scipy.special", "xlogy rel_entr", V, lambda f, x: f(x, x * 0.5 + 0.1)),
    **of("scipy.special", {"logsumexp(b=...)": (lambda m, x: m.logsumexp(x, axis=0, b=x * 2.0), M)}),
    **each("scipy.stats", "skew kurtosis zscore gzscore gmean hmean variation sem tmean tvar tstd tsem", M),
    **each("scipy.stats", "circmean circvar circstd kstat kstatvar iqr median_abs_deviation lmoment", M),
    **each("scipy.stats", "differential_entropy", numpy.linspace(0.2, 0.9, 24) ** 2),
    **of(
        "scipy.stats",
        {
            "boxcox_llf": (lambda m, x: m.boxcox_llf(0.7, x), V),
            "describe": (lambda m, x: m.describe(x).variance, M),
            "directional_stats": (lambda m, x: m.directional_stats(x).mean_direction, M),
            "moment": (lambda m, x: m.moment(x, 3), M),
            "pmean": (lambda m, x: m.pmean(x, 3), M),
            "quantile": (lambda m, x: m.quantile(x, like(x, 0.4)), V),
            "trim_mean": (lambda m, x: m.trim_mean(x, 0.2), V),
            "yeojohnson_llf": (lambda m, x: m.yeojohnson_llf(0.7, x), V),
            "zmap": (lambda m, x: m.zmap(x, x * x), M),
        },
    ),
    **of(
        "scipy.signal",
        {
            "convolve(method='fft')": (lambda m, x: m.convolve(x, x[:3], method="fft"), WAVE),
            "correlate(method='fft')": (lambda m, x: m.correlate(x, x[:3], method="fft"), WAVE),
            "envelope": (lambda m, x: m.envelope(x, squared=True), WAVE),
            "fftconvolve": (lambda m, x: m.fftconvolve(x, x[:3] * 2.0), WAVE),
            "freqz": (lambda m, x: abs(m.freqz(x, worN=5)[1]), WAVE),
            "hilbert": (lambda m, x: abs(m.hilbert(x)), WAVE),
            "oaconvolve": (lambda m, x: m.oaconvolve(x, x[:3] * 2.0), WAVE),
            "resample": (lambda m, x: m.resample(x, 12), WAVE),
            "windows.gaussian": (lambda m, x: m.windows.gaussian(5, x), numpy.asarray(1.3)),
        },
    ),
    **each("scipy.fft", "fft rfft fftn hfft", M, lambda f, x: abs(f(x))),
    **of("scipy.fft", {"fht": (lambda m, x: m.fht(x, 0.1, 0.2), M)}),
    **each("scipy.integrate", "trapezoid cumulative_trapezoid cumulative_simpson", M, lambda f, x: f(x, dx=0.5)),
    **of(
        "scipy.integrate",
        {
            "cubature": (
                lambda m, x: (
                    m.cubature(
                        lambda t, c: exp(-t[:, 0:1] * c[None, :]), like(x, [0.0]), like(x, [1.0]), args=(x,)
                    ).estimate
                ),
                V[:2],
            ),
            "fixed_quad": (lambda m, x: m.fixed_quad(lambda t: t * x, 0, 1, n=5)[0], numpy.asarray(0.5)),
            "romb": (lambda m, x: m.romb(x[:5], dx=0.5), WAVE),
            "tanhsinh": (
                lambda m, x: m.tanhsinh(lambda t, c: exp(-t * c), like(x, 0.0), like(x, 1.0), args=(x,)).integral,
                V[:2],
            ),
        },
    ),
    **of(
        "scipy.differentiate",
        {
            "derivative": (lambda m, x: m.derivative(exp, x).df, V[:3]),
            "derivative(args=...)": (
                lambda m, x: m.derivative(lambda t, c: exp(t * c), like(x, 1.0), args=(x,)).df,
                V[:3],
            ),
            "jacobian": (lambda m, x: m.jacobian(exp, x).df, V[:3]),
        },
    ),
    **of(
        "scipy.optimize.elementwise",
        {
            "find_root": (
                lambda m, x: (
                    m.find_root(lambda t, c: t**2 - c, (like(x, [0.0, 0.0]), like(x, [9.0, 9.0])), args=(x,)).x
                ),
                V[:2],
            )
        },
    ),
    **of(
        "scipy.optimize",
        {
            "rosen": (lambda m, x: m.rosen(x), V),
            "rosen_der": (lambda m, x: m.rosen_der(x), V),
        },
    ),
    **each("scipy.cluster.vq", "whiten", M),
    **of(
        "scipy.spatial.transform",
        {
            "RigidTransform": (lambda m, x: m.RigidTransform.from_translation(x).as_matrix(), M),
            "Rotation.apply": (lambda m, x: m.Rotation.from_rotvec(x).apply(like(x, [1.0, 2.0, 3.0])), M),
            "Rotation.from_euler": (lambda m, x: m.Rotation.from_euler("xyz", x).as_quat(), M),
            "Rotation.from_matrix": (lambda m, x: m.Rotation.from_matrix(x).as_quat(), POSITIVE),
            "Rotation.from_quat": (lambda m, x: m.Rotation.from_quat(x).as_rotvec(), V.reshape(2, 4)),
            "Rotation.from_rotvec": (lambda m, x: m.Rotation.from_rotvec(x).as_matrix(), M),
            "Rotation.mean": (lambda m, x: m.Rotation.from_rotvec(x).mean().as_matrix(), M),
        },
    ),
    **of("scipy.constants", {"convert_temperature": (lambda m, x: m.convert_temperature(x, "C", "F"), V)}),
    **of("scipy.linalg", {"block_diag": (lambda m, x: m.block_diag(x, x * x), POSITIVE)}),
    **of(
        "array_api_extra",
        {
            "angle": (lambda m, x: m.angle(x + 1j * x * x), V),
            "apply_where": (lambda m, x: m.apply_where(x > 0.5, x, lambda t: t**0.5, fill_value=0.0), M),
            "at.add": (lambda m, x: m.at(x * 1.0)[0, :].add(x[1, :] * 2.0), M),
            "at.divide": (lambda m, x: m.at(x * 1.0)[1:, :].divide(x[0, :]), M),
            "at.max": (lambda m, x: m.at(x * 1.0)[1:, :].max(x[0, :]), M),
            "at.min": (lambda m, x: m.at(x * 1.0)[1:, :].min(x[0, :]), M),
            "at.multiply": (lambda m, x: m.at(x * 1.0, x > 0.5).multiply(3.0), M),
            "at.power": (lambda m, x: m.at(x * 1.0)[1:, :].power(x[0, :]), M),
            "at.set": (lambda m, x: m.at(x * 1.0)[0, :].set(x[1, :] * 2.0), M),
            "at.subtract": (lambda m, x: m.at(x * 1.0)[1:, :].subtract(x[0, :]), M),
            "atleast_nd": (lambda m, x: m.atleast_nd(x, ndim=3), M),
            "cov": (lambda m, x: m.cov(x), M),
            "create_diagonal": (lambda m, x: m.create_diagonal(x), V),
            "kron": (lambda m, x: m.kron(x, x), M),
            "nan_to_num": (lambda m, x: m.nan_to_num(x), M),
            "pad": (lambda m, x: m.pad(x, ((1, 0), (0, 2)), constant_values=3.0), M),
            "partition": (lambda m, x: m.partition(x, 3)[3], V),
            "setdiff1d": (lambda m, x: m.setdiff1d(x, x[:2]), V),
            "sinc": (lambda m, x: m.sinc(x), V),
            "union1d": (lambda m, x: m.union1d(x, x * 2.0), V),
        },
    ),
    **{
        f"sklearn.metrics.{name}(multioutput='raw_values')": (
            "sklearn.metrics",
            lambda m, x, name=name: getattr(m, name)(x, x * x + 0.1, multioutput="raw_values"),
            M,
        )
        for name in "explained_variance_score mean_absolute_error mean_absolute_percentage_error mean_pinball_loss "
        "mean_squared_error mean_squared_log_error r2_score root_mean_squared_error".split()
    },
    **each(
        "sklearn.metrics.pairwise",
        "additive_chi2_kernel chi2_kernel cosine_distances cosine_similarity euclidean_distances laplacian_kernel "
        "linear_kernel manhattan_distances paired_euclidean_distances polynomial_kernel rbf_kernel sigmoid_kernel",
        M,
        lambda f, x: f(x, x * x * 2.0 + 0.1),
    ),
    **each(
        "sklearn.preprocessing",
        "MaxAbsScaler MinMaxScaler Normalizer PolynomialFeatures",
        M,
        lambda f, x: f().fit_transform(x),
    ),
    **of(
        "sklearn",
        {
            "preprocessing.normalize": (lambda m, x: import_module("sklearn.preprocessing").normalize(x), M),
            "utils.extmath.softmax": (lambda m, x: import_module("sklearn.utils.extmath").softmax(x), M),
        },
    ),
    **of(
        "sklearn.decomposition",
        {
            "PCA.fit": (lambda m, x: m.PCA(svd_solver="full").fit(x).explained_variance_, M),
            "PCA.transform": (fitted("PCA", "transform", svd_solver="full"), M),
        },
    ),
    **of(
        "sklearn.linear_model",
        {
            "Ridge.fit": (lambda m, x: m.Ridge(solver="svd").fit(x, x[:, 0] * 2.0).coef_, M),
            "Ridge.predict": (fitted("Ridge", "predict", solver="svd"), M),
        },
    ),
    **of(
        "sklearn.discriminant_analysis",
        {
            "LinearDiscriminantAnalysis.decision_function": (
                fitted("LinearDiscriminantAnalysis", "decision_function"),
                M,
            )
        },
    ),
}

STEPS = {"scipy.differentiate.jacobian": 1e-3}
"""Steps of the differences, for calls whose own result is not exact to the last digits."""

COMPILED = "cannot become a NumPy array", "compiled code, which takes NumPy's arrays"
UFUNC = "is not a function of the standard", "a compiled ufunc"
METHOD = "has no attribute", "a method that NumPy's arrays have beside those of the standard"
NUMBER = r"float\(\) of an array under differentiation", "the result is a Python number; `multioutput` gives arrays"
ROUND_TRIP = r"float\(\) of an array under differentiation", "goes through Python numbers"
EXCHANGE = "cannot become a NumPy array|__dlpack__", "moves the array to NumPy to sort it"

# By name: the module, a call, x, and why it is refused.
REFUSED = {
    name: (*row, why)
    for table, why in (
        (each("scipy.special", "expit logit entr erf erfc gammaln psi ndtr i0 j0", V), COMPILED),
        (each("scipy.special", "log_expit", V), UFUNC),
        (each("scipy.special", "betaln gammainc kl_div xlog1py zeta", V, lambda f, x: f(x + 1.0, x)), COMPILED),
        (each("scipy.stats", "skewtest kurtosistest jarque_bera", RNG.uniform(0.2, 0.9, 24)), COMPILED),
        (
            of(
                "scipy.stats",
                {
                    "ttest_1samp": (lambda m, x: m.ttest_1samp(x, 0.3).statistic, M),
                    "pearsonr": (lambda m, x: m.pearsonr(x[:, 0], x[:, 1]).statistic, M),
                    "norm.logpdf": (lambda m, x: m.norm.logpdf(x), V),
                    "gaussian_kde": (lambda m, x: m.gaussian_kde(x)(x), V),
                    "wasserstein_distance": (lambda m, x: m.wasserstein_distance(x, x * x), V),
                },
            ),
            COMPILED,
        ),
        (
            of(
                "scipy.signal",
                {
                    "convolve(method='direct')": (lambda m, x: m.convolve(x, x[:3], method="direct"), WAVE),
                    "detrend": (lambda m, x: m.detrend(x), WAVE),
                    "lfilter": (lambda m, x: m.lfilter(like(x, [1.0, 0.5]), like(x, [1.0, 0.2]), x), WAVE),
                    "savgol_filter": (lambda m, x: m.savgol_filter(x, 5, 2), WAVE),
                    "sosfilt": (lambda m, x: m.sosfilt(like(x, [[1.0, 0.5, 0.0, 1.0, 0.2, 0.0]]), x), WAVE),
                    "welch": (lambda m, x: m.welch(x, nperseg=4)[1], WAVE),
                },
            ),
            COMPILED,
        ),
        (each("scipy.fft", "dct dst idct", M), COMPILED),
        (
            of(
                "scipy.integrate",
                {
                    "simpson": (lambda m, x: m.simpson(x, dx=0.5), M),
                    "solve_ivp": (lambda m, x: m.solve_ivp(lambda t, y: -y, (0, 1), x).y, V),
                },
            ),
            COMPILED,
        ),
        (
            of("scipy.integrate", {"quad": (lambda m, x: m.quad(lambda t: t * x, 0, 1)[0], numpy.asarray(0.5))}),
            ROUND_TRIP,
        ),
        (
            of(
                "scipy.integrate",
                {
                    "nsum": (
                        lambda m, x: (
                            m.nsum(lambda k, c: 1 / k ** (c + 2), like(x, 1.0), like(x, numpy.inf), args=(x,)).sum
                        ),
                        V[:2],
                    )
                },
            ),
            METHOD,
        ),
        (
            of("scipy.differentiate", {"hessian": (lambda m, x: m.hessian(lambda t: t[0] ** 3 * t[1], x).ddf, V[:2])}),
            METHOD,
        ),
        (of("scipy.optimize", {"minimize": (lambda m, x: m.minimize(lambda t: t @ t, x).x, V[:2])}), COMPILED),
        (each("scipy.cluster.vq", "vq", M, lambda f, x: f(x, x[:2, :] * 1.1)[1]), COMPILED),
        (each("scipy.cluster.hierarchy", "linkage", M), COMPILED),
        (of("scipy.ndimage", {"gaussian_filter": (lambda m, x: m.gaussian_filter(x, 1.0), M)}), COMPILED),
        (
            of(
                "scipy.interpolate",
                {
                    name: (
                        lambda m, x, name=name: getattr(m, name)(like(x, numpy.arange(4.0)), x)(like(x, [0.5])),
                        V[:4],
                    )
                    for name in "BarycentricInterpolator CubicSpline PchipInterpolator make_interp_spline".split()
                },
            ),
            COMPILED,
        ),
        (each("scipy.spatial.distance", "cdist euclidean cosine", M, lambda f, x: f(x, x * 2.0)), COMPILED),
        (each("scipy.linalg", "cholesky det expm inv logm norm qr sqrtm svdvals", POSITIVE), COMPILED),
        (of("array_api_extra", {"lazy_apply": (lambda m, x: m.lazy_apply(numpy.sort, x, as_numpy=True), V)}), EXCHANGE),
        (
            each(
                "sklearn.metrics",
                "mean_absolute_error mean_poisson_deviance mean_squared_error mean_tweedie_deviance r2_score",
                V,
                lambda f, x: f(x, x * x + 0.1),
            ),
            NUMBER,
        ),
        (
            of(
                "sklearn.linear_model", {"LinearRegression.fit": (lambda m, x: m.LinearRegression().fit(x, x).coef_, M)}
            ),
            COMPILED,
        ),
        (of("sklearn.covariance", {"ledoit_wolf": (lambda m, x: m.ledoit_wolf(x)[0], M)}), METHOD),
    )
    for name, row in table.items()
}


def attempt(library, call, data, xp, step):
    """Highest order whose derivatives are right, or what was raised."""
    from autodiff import check_grads, jvp, vjp

    module, x = import_module(library), xp.asarray(data)
    for transform in (lambda f: jvp(f, [x], [x]), lambda f: vjp(f, x)):
        try:
            transform(lambda x: call(module, x))
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    order = 0
    try:
        for order in (1, 2):
            check_grads(lambda x: call(module, x), [x], order=order, step=step)
    except Exception as error:
        return order - 1 or f"{type(error).__name__}: {error}"
    return order


def outcomes(namespace):
    """For each call that works or is refused: the highest order of derivatives, or the error."""
    from autodiff import import_namespace

    found, xp = {}, import_namespace(namespace)
    for name, (library, call, data, *_) in (WORKS | REFUSED).items():
        if not importlib.util.find_spec(library.partition(".")[0]):
            continue
        dispatch = nullcontext()
        if library.startswith("sklearn"):
            from sklearn import config_context

            dispatch = config_context(array_api_dispatch=True)
        with dispatch, warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*under differentiation")
            found[name] = attempt(library, call, data, xp, STEPS.get(name))
    return found


SHOWN = {0: "no", 1: "first", 2: "second"}


def page_rows(reported):
    """Rows of the tables of the page: of what works, and of what is refused."""
    works = [[f"`{name}`", *[SHOWN.get(reported[xp][name], "no") for xp in NAMESPACES]] for name in WORKS]
    return works, [[f"`{name}`", why] for name, (*_, (_, why)) in REFUSED.items()]


def rows_of_the_page():
    """The same as the page has them."""
    lines = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    return [cells for cells in lines if len(cells) > 2], [cells for cells in lines if len(cells) == 2]


def run(*namespaces):
    for name, needed in (("scipy", "1.17"), ("scikit-learn", "1.8"), ("array-api-extra", "0.9")):
        pytest.importorskip({"scikit-learn": "sklearn"}.get(name, name.replace("-", "_")))
        if tuple(map(int, version(name).split(".")[:2])) < tuple(map(int, needed.split("."))):
            pytest.skip(f"the page is of {name} {needed} or later")
    environment = os.environ | {"SCIPY_ARRAY_API": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-W", "ignore", __file__, *namespaces]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def reported():
    return run("numpy", "extensor")


@pytest.mark.parametrize("name", WORKS)
def test_call_is_differentiated_to_the_order_that_the_page_says(name, reported):
    works, _ = rows_of_the_page()
    (row,) = [row for row in works if row[0] == f"`{name}`"]
    assert [SHOWN.get(reported[xp][name], reported[xp][name]) for xp in ("numpy", "extensor")] == row[1:3]
    assert "no" not in row[1:3]


@pytest.mark.parametrize("name", REFUSED)
def test_call_is_refused_in_words(name, reported):
    message, _ = REFUSED[name][-1]
    for namespace in ("numpy", "extensor"):
        assert re.search(message, str(reported[namespace][name]))


def test_the_page_lists_the_calls():
    works, refused = rows_of_the_page()
    assert [row[0] for row in works] == [f"`{name}`" for name in WORKS]
    assert refused == [[f"`{name}`", why] for name, (*_, (_, why)) in REFUSED.items()]


@pytest.mark.slow
def test_the_page_says_what_works_with_torch():
    pytest.importorskip("torch")
    found = run("torch")["torch"]
    works, _ = rows_of_the_page()
    assert {row[0]: row[3] for row in works} == {f"`{name}`": SHOWN.get(found[name], "no") for name in WORKS}


def test_a_number_in_place_of_an_array_is_never_a_silent_zero():
    import autodiff

    metrics = pytest.importorskip("sklearn.metrics")
    x = numpy.asarray([0.5, 0.25])
    with pytest.raises(TypeError, match=r"cannot become a NumPy array|0-d array"):
        autodiff.grad(lambda x: metrics.mean_squared_error(x, x * x))(x)


if __name__ == "__main__":
    if "--page" in sys.argv:
        works, refused = page_rows({name: outcomes(name) for name in NAMESPACES})
        print("\n".join(f"| {' | '.join(row)} |" for row in [*works, *refused]))
    else:
        print(json.dumps({name: outcomes(name) for name in sys.argv[1:]}))
