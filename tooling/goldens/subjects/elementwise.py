"""Elementwise functions at their edges.

Finite values come from mpmath with 60 digits, rounded once to the dtype, so they are the correctly rounded
results and any error of an implementation can be counted in units of the last place. Values at infinities, NaN
and poles come from NumPy or SciPy (named in `source`), whose conventions follow C99 annex F.
"""

import mpmath as mp
import numpy as np
import scipy.special as sp
import torch

from .lib import Subject, gradients, numpy_source, torch_source

mp.mp.dps = 60
INF, NAN = np.inf, np.nan
GENERAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    1e-20,
    -1e-20,
    1e-8,
    -1e-8,
    3e-4,
    0.1,
    -0.1,
    0.7,
    3.0,
    -3.0,
    10.0,
    -10.0,
    36.5,
    -36.5,
    INF,
    -INF,
    NAN,
]
UNIT = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1e-20,
    1e-8,
    -1e-8,
    0.1,
    -0.3,
    0.9,
    0.999,
    -0.999999,
    1.5,
    -2.0,
    INF,
    -INF,
    NAN,
]
ANGLES = [1e3, -1e5, 1.5707963267948966, 3.141592653589793, 6.283185307179586, 22.0, 355.0]
LARGE = {
    "float64": [88.0, -88.0, 700.0, -700.0, 709.7, 710.0, -745.0, -746.0, 1e300],
    "float32": [88.5, 88.8, -87.0, -103.0, -105.0, 1e30],
}
POSITIVE = {
    "float64": [
        0.0,
        -0.0,
        5e-324,
        2.2250738585072014e-308,
        1e-300,
        1e-10,
        0.1,
        0.5,
        0.999999,
        1.0,
        1.000001,
        2.0,
        10.0,
        1e10,
        1.7976931348623157e308,
        -1.0,
        INF,
        -INF,
        NAN,
    ],
    "float32": [
        0.0,
        -0.0,
        1e-45,
        1.1754943508222875e-38,
        1e-10,
        0.1,
        0.5,
        0.999999,
        1.0,
        1.000001,
        2.0,
        10.0,
        1e10,
        3.4028234663852886e38,
        -1.0,
        INF,
        -INF,
        NAN,
    ],
}
ROUNDING = [
    0.0,
    -0.0,
    0.5,
    -0.5,
    1.5,
    -1.5,
    2.5,
    -2.5,
    3.5,
    0.3,
    -0.3,
    0.49999999999999994,
    0.7,
    -0.7,
    1e15 + 0.5,
    -1e15 - 0.5,
    4503599627370497.5,
    9007199254740993.0,
    1e300,
    INF,
    -INF,
    NAN,
    2147483648.5,
]
GAMMA = [
    1e-10,
    1e-3,
    0.1,
    0.5,
    0.9,
    1.0,
    1.1,
    1.4616321449683623,
    1.5,
    2.0,
    2.5,
    3.0,
    6.0,
    7.5,
    10.0,
    33.3,
    100.0,
    1000.5,
    1e6,
    1e10,
]
GAMMA_NEGATIVE = [-0.5, -1.5, -2.5, -3.7, -10.1, -0.001]


def softplus(x):
    return mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x))


def sigmoid(x):
    return 1 / (1 + mp.exp(-x)) if x >= 0 else mp.exp(x) / (1 + mp.exp(x))


def erfinv(y):
    """Newton's method from SciPy's value; mpmath's own starts too far away near 1."""
    x = mp.mpf(float(sp.erfinv(float(y))))
    for _ in range(6):
        x -= (mp.erf(x) - y) * mp.sqrt(mp.pi) / 2 * mp.exp(x * x)
    return x


def odd(f):
    """C's convention for odd functions, f(-0) = -0, where a library forgets it."""
    return lambda x: np.where(x == 0, x, f(x))


def log_gamma(x):
    """SciPy's gammaln, except at -infinity, where C99 and torch have +infinity."""
    return np.where(np.isinf(x), INF, sp.gammaln(x))


def lgamma(x):
    return mp.log(abs(mp.gamma(x))) if x < 0 else mp.loggamma(x)


def np_softplus(x):
    return np.logaddexp(0, x)


# name: (exact, library at edges, library's name, points, relative tolerance float64)
# 4e-15 is 18 units of the last place: what a careful polynomial kernel reaches everywhere.
UNARY = {
    "exp": (mp.exp, np.exp, "numpy.exp", lambda d: GENERAL + LARGE[d], 4e-15),
    "expm1": (mp.expm1, np.expm1, "numpy.expm1", lambda d: GENERAL + LARGE[d], 4e-15),
    "log": (mp.log, np.log, "numpy.log", lambda d: POSITIVE[d], 4e-15),
    "log2": (lambda x: mp.log(x, 2), np.log2, "numpy.log2", lambda d: POSITIVE[d], 4e-15),
    "log10": (lambda x: mp.log(x, 10), np.log10, "numpy.log10", lambda d: POSITIVE[d], 4e-15),
    "log1p": (mp.log1p, np.log1p, "numpy.log1p", lambda d: GENERAL + POSITIVE[d] + [-0.9999, -0.5], 4e-15),
    "sqrt": (mp.sqrt, np.sqrt, "numpy.sqrt", lambda d: POSITIVE[d], 1e-15),
    "rsqrt": (lambda x: 1 / mp.sqrt(x), lambda x: 1 / np.sqrt(x), "1 / numpy.sqrt", lambda d: POSITIVE[d], 4e-15),
    "reciprocal": (lambda x: 1 / x, lambda x: 1 / x, "1 / x", lambda d: GENERAL, 1e-15),
    "tanh": (mp.tanh, np.tanh, "numpy.tanh", lambda d: GENERAL + LARGE[d] + [19.0, -8.5, 0.549], 4e-15),
    "sigmoid": (sigmoid, sp.expit, "scipy.special.expit", lambda d: GENERAL + LARGE[d], 4e-15),
    "softplus": (softplus, np_softplus, "numpy.logaddexp(0, x)", lambda d: GENERAL + LARGE[d], 4e-15),
    "erf": (mp.erf, sp.erf, "scipy.special.erf", lambda d: GENERAL + [0.84375, 1.25, 2.857, 5.9, -5.9], 1e-14),
    "erfc": (
        mp.erfc,
        sp.erfc,
        "scipy.special.erfc",
        lambda d: GENERAL + [0.84375, 1.25, 2.857, 5.9, -5.9, 9.0, 26.0],
        1e-13,
    ),
    "erfinv": (
        erfinv,
        odd(sp.erfinv),
        "scipy.special.erfinv",
        lambda d: UNIT + ([1 - 1e-12, 0.99999999] if d == "float64" else [0.9999]),
        1e-13,
    ),
    "lgamma": (
        lgamma,
        log_gamma,
        "scipy.special.gammaln",
        lambda d: GAMMA + GAMMA_NEGATIVE + [0.0, -1.0, -2.0, INF, -INF, NAN],
        1e-13,
    ),
    "digamma": (mp.digamma, sp.psi, "scipy.special.psi", lambda d: GAMMA + GAMMA_NEGATIVE + [0.0, INF, NAN], 1e-13),
    "sin": (mp.sin, np.sin, "numpy.sin", lambda d: GENERAL + ANGLES, 4e-15),
    "cos": (mp.cos, np.cos, "numpy.cos", lambda d: GENERAL + ANGLES, 4e-15),
    "tan": (mp.tan, np.tan, "numpy.tan", lambda d: GENERAL + ANGLES, 4e-15),
    "asin": (mp.asin, np.arcsin, "numpy.arcsin", lambda d: UNIT, 4e-15),
    "acos": (mp.acos, np.arccos, "numpy.arccos", lambda d: UNIT, 4e-15),
    "atan": (mp.atan, np.arctan, "numpy.arctan", lambda d: GENERAL + [1e10], 4e-15),
    "sinh": (mp.sinh, np.sinh, "numpy.sinh", lambda d: GENERAL + LARGE[d], 4e-15),
    "cosh": (mp.cosh, np.cosh, "numpy.cosh", lambda d: GENERAL + LARGE[d], 4e-15),
    "asinh": (mp.asinh, np.arcsinh, "numpy.arcsinh", lambda d: GENERAL + [1e10, -1e10, 1e30], 4e-15),
    "acosh": (
        mp.acosh,
        np.arccosh,
        "numpy.arccosh",
        lambda d: [1.0, 1.0001, 1.5, 2.0, 10.0, 1e10, 1e30, 0.5, -1.0, INF, NAN],
        4e-15,
    ),
    "atanh": (mp.atanh, np.arctanh, "numpy.arctanh", lambda d: UNIT, 4e-15),
}
EXACT = {
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,
    "trunc": np.trunc,
    "sign": np.sign,
    "abs": np.abs,
    "neg": np.negative,
}
# Absolute floor of the comparison where the function has a zero away from the origin.
SCALE = {"lgamma": 1.0, "digamma": 1.0, "sin": 1.0, "cos": 1.0, "tan": 1.0}


def exact_values(f, edge, points, dtype):
    x = np.array(points, dtype=dtype)
    with np.errstate(all="ignore"):
        fallback = np.asarray(edge(x.astype(np.float64)), dtype=np.float64)
    out = np.empty(x.shape, dtype=np.float64)
    for i, v in enumerate(x.astype(np.float64)):
        out[i] = fallback[i]
        if np.isfinite(v) and v != 0 and not np.isnan(fallback[i]):
            try:
                exact = f(mp.mpf(v))
            except (ValueError, ZeroDivisionError):
                continue  # a pole: keep the library's value
            if isinstance(exact, mp.mpf) and mp.isfinite(exact):
                out[i] = float(exact)
                close = np.isinf(fallback[i]) or abs(out[i] - fallback[i]) <= 1e-9 * max(abs(out[i]), 1e-300)
                assert close or abs(out[i]) < 1e-6, (v, out[i], fallback[i])
    with np.errstate(all="ignore"):
        return x, out.astype(dtype)


def make():
    s = Subject(
        "elementwise",
        "elementwise functions at their edges; finite values correctly rounded",
        {"float64": 4e-15, "float32": 1e-6},
        scale=0,
        digits=None,
    )
    for dtype in ("float64", "float32"):
        for op, (f, edge, library, points, tolerance) in UNARY.items():
            x, y = exact_values(f, edge, points(dtype), dtype)
            more = {"scale": SCALE[op]} if op in SCALE else {}
            s.case(
                op,
                {"x": x},
                {"value": y},
                f"mpmath {mp.__version__} (60 digits); edges {library}",
                signedZero=True,
                name=f"{op} {dtype}",
                tolerance=tolerance if dtype == "float64" else 1e-6,
                **more,
            )
        for n in (1, 2):
            x, y = exact_values(
                lambda v: mp.polygamma(n, v), lambda v: sp.polygamma(n, v), [p for p in GAMMA if p > 1e-4], dtype
            )
            s.case(
                "polygamma",
                {"x": x},
                {"value": y},
                f"mpmath {mp.__version__} polygamma",
                {"n": n},
                name=f"polygamma {n} {dtype}",
                tolerance=1e-13 if dtype == "float64" else 1e-6,
            )
        for op, f in EXACT.items():
            x = np.array([v for v in ROUNDING if dtype == "float64" or v != 1e300], dtype=dtype)
            s.case(
                op,
                {"x": x},
                {"value": f(x)},
                numpy_source(f.__name__),
                signedZero=op != "sign",  # sign(-0) is 0 in NumPy, -0 in JAX
                name=f"{op} {dtype}",
                tolerance=0,
            )
        binary(s, dtype)
    integers(s)
    derivatives(s)
    return [s]


def grid(values, dtype):
    a, b = np.meshgrid(np.array(values, dtype=dtype), np.array(values, dtype=dtype), indexing="ij")
    return a.reshape(-1), b.reshape(-1)


def binary(s, dtype):
    one = lambda op, a, b, y, source, **more: s.case(
        op, {"a": a, "b": b}, {"value": y}, source, name=f"{op} {dtype}", **more
    )
    with np.errstate(all="ignore"):
        a, b = grid([0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -3.0, INF, -INF, NAN], dtype)
        one("pow", a, b, np.power(a, b), numpy_source("power"), signedZero=True)
        a, b = np.array(
            [[10, -3.5], [2, 0.3], [1.0000001, 1e7], [0.1, 30], [-2, 31], [7, -20], [1.5, 80.25], [3e-5, 0.01]],
            dtype=dtype,
        ).T.copy()
        y = np.array([float(mp.mpf(float(p)) ** mp.mpf(float(q))) for p, q in zip(a, b)])
        one("pow", a, b, y.astype(dtype), f"mpmath {mp.__version__}")
        a, b = grid([0.0, -0.0, 1.0, -1.0, 0.3, -2.5, 1e-10, INF, -INF, NAN], dtype)
        one("atan2", a, b, np.arctan2(a, b), numpy_source("arctan2"), signedZero=True)
        a, b = grid([0.0, 1.0, -1.0, 3.0, -3.0, 5.5, -5.5, 0.25, 7.0, INF, -INF, NAN], dtype)
        keep = np.isfinite(b) | np.isnan(b)
        one("remainder", a[keep], b[keep], np.remainder(a[keep], b[keep]), numpy_source("remainder"), tolerance=0)
        finite = np.isfinite(a) & np.isfinite(b) & (b != 0)
        one(
            "floorDivide",
            a[finite],
            b[finite],
            np.floor_divide(a[finite], b[finite]),
            numpy_source("floor_divide"),
            tolerance=0,
        )
        # x mod infinity takes the divisor's sign: 3 mod inf = 3, -3 mod inf = inf.
        x, m = np.array([3.0, -3.0, 0.0, 3.0, -3.0], dtype=dtype), np.array([INF, INF, INF, -INF, -INF], dtype=dtype)
        s.case(
            "remainder",
            {"a": x, "b": m},
            {"value": np.remainder(x, m)},
            numpy_source("remainder"),
            name=f"remainder by infinity {dtype}",
            tolerance=0,
        )
        a, b = grid([0.0, 1.0, -1.0, 2.5, INF, -INF, NAN], dtype)
        for op, f in (("maximum", np.maximum), ("minimum", np.minimum), ("div", np.divide), ("mul", np.multiply)):
            one(op, a, b, f(a, b), numpy_source(f.__name__), tolerance=0)
        for op, f in (
            ("equal", np.equal),
            ("notEqual", np.not_equal),
            ("less", np.less),
            ("lessEqual", np.less_equal),
            ("greater", np.greater),
            ("greaterEqual", np.greater_equal),
        ):
            one(op, a, b, f(a, b), numpy_source(f.__name__))
        x = np.array([-2.0, -1.0, 0.0, 0.3, 1.0, 5.0, INF, -INF, NAN], dtype=dtype)
        for low, high in ((-1.0, 1.0), (0.5, INF), (2.0, 1.0)):
            s.case(
                "clip",
                {"x": x},
                {"value": np.clip(x, low, high).astype(dtype)},
                numpy_source("clip"),
                {"min": low, "max": high},
                name=f"clip [{low}, {high}] {dtype}",
                tolerance=0,
            )
        for op, f in (("isNaN", np.isnan), ("isFinite", np.isfinite)):
            s.case(op, {"x": x}, {"value": f(x)}, numpy_source(f.__name__), name=f"{op} {dtype}")


def integers(s):
    """int32: wrap on overflow, Python's sign of remainder and floor division."""
    low, high = -(2**31), 2**31 - 1
    a, b = grid([0, 1, -1, 7, -7, 46341, -65536, high, low], np.int32)
    with np.errstate(all="ignore"):
        for op, f in (("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("maximum", np.maximum)):
            s.case(op, {"a": a, "b": b}, {"value": f(a, b)}, numpy_source(f.__name__), name=f"{op} int32 wraps")
        keep = (b != 0) & ~((a == low) & (b == -1))
        for op, f in (("remainder", np.remainder), ("floorDivide", np.floor_divide)):
            s.case(
                op,
                {"a": a[keep], "b": b[keep]},
                {"value": f(a[keep], b[keep])},
                numpy_source(f.__name__),
                name=f"{op} int32",
            )
        x = np.array([0, 1, -1, 5, -5, high, low], dtype=np.int32)
        for op, f in (("neg", np.negative), ("abs", np.abs), ("sign", np.sign)):
            s.case(op, {"x": x}, {"value": f(x)}, numpy_source(f.__name__), name=f"{op} int32")
        s.case(
            "pow",
            {"a": np.array([2, 3, -2, 0, 10], np.int32), "b": np.array([31, 20, 5, 0, 9], np.int32)},
            {"value": np.power(np.array([2, 3, -2, 0, 10], np.int32), np.array([31, 20, 5, 0, 9], np.int32))},
            numpy_source("power"),
            name="pow int32 wraps",
        )


def derivatives(s):
    """Derivatives where a formula that is right elsewhere gives NaN, or where the value is a convention."""
    far = np.array([-1000.0, -700.0, -40.0, 0.0, 40.0, 700.0, 1000.0])
    zero = np.array([0.0, -0.0])
    for op, f, x in (
        ("softplus", lambda x: torch.nn.functional.softplus(x, 1.0, 1e9), far[:6]),
        ("sigmoid", torch.sigmoid, far),
        ("tanh", torch.tanh, far),
        ("erf", torch.erf, far),
        ("expm1", torch.expm1, far[:6]),
        ("abs", torch.abs, zero),
        ("sign", torch.sign, np.array([0.0, 2.0, -3.0])),
        ("sqrt", torch.sqrt, np.array([0.0, 4.0])),
        ("log1p", torch.log1p, np.array([-1.0, 0.0, 1e-20])),
        ("floor", torch.floor, np.array([0.0, 0.5, -1.5])),
    ):
        # Errors count absolutely: torch's own expm1(-40) + 1 and 1 - sigmoid(40) are 0 instead of 4e-18.
        s.case(op, {"x": x}, gradients(f, {"x": x}), torch_source(op), name=f"{op} derivative at the edges", scale=1)
    a, b = np.array([0.0, 0.0, 0.0, 2.0, 0.0, -2.0, -3.0]), np.array([0.0, 1.0, 2.0, 0.0, 3.0, 3.0, 2.0])
    base = gradients(lambda a: torch.pow(a, torch.tensor(b)), {"a": a})
    note = "0^0 has derivative 0 in the base, not NaN"
    s.case("pow", {"a": a, "b": b}, base, torch_source("pow"), name="pow derivative in the base at 0", note=note)
    a, b = np.array([0.0, 0.0, 2.0, 3.0]), np.array([1.0, 2.0, 0.0, -1.0])
    exponent = gradients(lambda b: torch.pow(torch.tensor(a), b), {"b": b})
    s.case("pow", {"a": a, "b": b}, exponent, torch_source("pow"), name="pow derivative in the exponent, 0 at base 0")
    a, b = np.array([1.0, 2.0, -1.0, 0.0]), np.array([1.0, -2.0, -1.0, 5.0])
    for op, f in (("maximum", torch.maximum), ("minimum", torch.minimum)):
        g = gradients(lambda a, b: f(a, b), {"a": a, "b": b})
        s.case(op, {"a": a, "b": b}, g, torch_source(op), name=f"{op} derivative, halves at ties")
    a, b = np.array([5.5, -5.5, 7.0, -7.0]), np.array([2.0, 2.0, -3.0, -3.0])
    # torch 1.13 has no derivative in the divisor: a mod b = a - b floor(a / b).
    g = {"value": np.remainder(a, b), "grad.a": np.ones(4), "grad.b": -np.floor(a / b)}
    s.case("remainder", {"a": a, "b": b}, g, "closed form", name="remainder derivative")
