"""Count how often the slip in a miswritten backward pass is named rightly.

The code is made wrong as text, line by line, and knows nothing of how `check_gradients` looks for slips.
Run with: python benchmarks/slips_in_code.py [networks] [how many of the missed to show]
"""

import re
import sys
import time
from collections import Counter
from itertools import combinations, pairwise

import numpy as np

from chainrule.checking.code.gradients import check_gradients

SIGMA = {
    "relu": ("np.maximum(z{l}, 0)", "(z{l} > 0)"),
    "leaky_relu": ("np.where(z{l} > 0, z{l}, 0.1 * z{l})", "np.where(z{l} > 0, 1, 0.1)"),
    "logistic": ("1 / (1 + np.exp(-z{l}))", "(a{l} * (1 - a{l}))"),
    "tanh": ("np.tanh(z{l})", "(1 - a{l} ** 2)"),
}
WRONG_SLOPES = {
    "relu": ["(z{l} <= 0)", "(a{l} * (1 - a{l}))", "(1 - a{l} ** 2)", "a{l}", "np.where(z{l} > 0, 1, 0.01)"],
    "leaky_relu": ["(z{l} > 0)", "np.where(z{l} > 0, 1, 0.01)", "np.where(z{l} > 0, 0.1, 1)"],
    "logistic": ["(z{l} * (1 - z{l}))", "(1 - a{l} ** 2)", "(z{l} > 0)", "a{l}"],
    "tanh": ["(1 - z{l} ** 2)", "(a{l} * (1 - a{l}))", "(z{l} > 0)"],
}
EACH = 8  # of single and of double slips in every network
FORWARD = {
    "softmax": "e = np.exp({z} - {z}.max({axis}, keepdims=True)); y_hat = e / e.sum({axis}, keepdims=True); "
    "loss = -(Y * np.log(y_hat)).sum() / m",
    "logistic": "y_hat = 1 / (1 + np.exp(-{z})); loss = -(Y * np.log(y_hat) + (1 - Y) * np.log(1 - y_hat)).sum() / m",
}


def backward_pass(setting):
    """Return the lines of a right backward pass by the quantity that each makes."""
    L, is_rows, is_early, penalty = (setting[key] for key in ("L", "is_rows", "is_early", "penalty"))
    late = "" if is_early else " / m"
    lines = {f"dz{L}": "(y_hat - Y) / m" if is_early else "y_hat - Y"}
    for l in range(L, 0, -1):
        a = f"a{l - 1}" if l > 1 else "X"
        if l < L:
            lines[f"da{l}"] = f"dz{l + 1} @ W{l + 1}.T" if is_rows else f"W{l + 1}.T @ dz{l + 1}"
            lines[f"dz{l}"] = f"da{l} * {SIGMA[setting['activation']][1].format(l=l)}"
        product = f"{a}.T @ dz{l}" if is_rows else f"dz{l} @ {a}.T"
        lines[f"dW{l}"] = product + late + (f" + lam / m * W{l}" if penalty else "")
        lines[f"db{l}"] = (f"dz{l}.sum(axis=0)" if is_rows else f"dz{l}.sum(axis=1, keepdims=True)") + late
    return lines


def source(setting, lines):
    """Return the function as text."""
    L, is_rows = setting["L"], setting["is_rows"]
    body = [f"m = X.shape[{0 if is_rows else 1}]", "a0 = X"]
    for l in range(1, L + 1):
        body.append(f"z{l} = a{l - 1} @ W{l} + b{l}" if is_rows else f"z{l} = W{l} @ a{l - 1} + b{l}")
        if l < L:
            body.append(f"a{l} = {SIGMA[setting['activation']][0].format(l=l)}")
    body.append(FORWARD[setting["output"]].format(z=f"z{L}", axis=1 if is_rows else 0))
    squares = " + ".join(f"(W{l} ** 2).sum()" for l in range(1, L + 1))
    body.append(f"loss = loss + lam / (2 * m) * ({squares})" if setting["penalty"] else "")
    body += [f"{name} = {line}" for name, line in lines.items()]
    parameters = [f"{kind}{l}" for l in range(1, L + 1) for kind in "Wb"]
    returned = ", ".join(f"'d{name}': d{name}" for name in parameters)
    head = f"def backward({', '.join(parameters)}, X, Y, lam):"
    return "\n    ".join([head, *body, f"return loss, {{{returned}}}"])


def corruptions(setting, lines):
    """Yield every slip in every line: its name, the quantity, and the line as miswritten."""
    of_kind = {"dz": _of_scores, "da": _of_activation, "dW": _of_weights, "db": _of_bias}
    for where, line in lines.items():
        kind, l = where[:2], int(where[2:])
        of_line = _of_output if where == f"dz{setting['L']}" else of_kind[kind]
        for name, wrong in (*of_line(setting, l, line), *(_of_factors(line) if kind != "da" else ())):
            yield name, where, wrong


def _of_factors(line):
    data, plus, penalty = line.partition(" + ")
    yield "sign", f"-({data}){plus}{penalty}"
    if data.endswith(" / m"):
        yield "missing-mean", data.removesuffix(" / m") + plus + penalty
    yield "extra-mean", f"({data}) / m{plus}{penalty}"


def _of_output(setting, _, line):
    yield "wrong-input", line.replace("(y_hat - Y)", "y_hat").replace("y_hat - Y", "y_hat")
    if setting["output"] == "softmax":
        yield "diagonal-only-jacobian", re.sub(r"\(?y_hat - Y\)?", "-Y * (1 - y_hat)", line)


def _of_scores(setting, l, _):
    yield "missing-activation-derivative", f"da{l}"
    for slope in WRONG_SLOPES[setting["activation"]]:
        yield "wrong-activation-derivative", f"da{l} * {slope.format(l=l)}"
    if setting["activation"] == "tanh":
        yield "wrong-power", f"da{l} * (1 - a{l})"


def _of_activation(setting, l, line):
    widths = setting["widths"]
    for k in range(1, setting["L"] + 1):
        if k != l + 1 and widths[k - 1] == widths[l] and widths[k] == widths[l + 1]:
            yield "swapped-weights", line.replace(f"W{l + 1}", f"W{k}")
    if widths[l] == widths[l + 1]:
        yield "missing-transpose", line.replace(".T", "")


def _of_weights(setting, l, line):
    data, plus, penalty = line.partition(" + ")
    if l > 1:
        yield "wrong-input", line.replace(f"a{l - 1}.T", f"z{l - 1}.T")
    if l > 2:
        yield "wrong-input", line.replace(f"a{l - 1}.T", f"a{l - 2}.T")
    if l < setting["L"]:
        yield "missing-activation-derivative", line.replace(f"dz{l}", f"da{l}")
    yield "missing-transpose", f"({data}).T{plus}{penalty}"
    if penalty:
        yield "missing-penalty", data
        for factor in ("lam / (2 * m)", "2 * lam / m", "lam"):
            yield "penalty-factor", f"{data} + {factor} * W{l}"


def _of_bias(setting, l, line):
    is_rows = setting["is_rows"]
    yield "missing-sum", f"dz{l}[0]" if is_rows else f"dz{l}[:, :1]"
    yield "wrong-index", f"dz{l}.sum(axis=1)" if is_rows else f"dz{l}.sum(axis=0)"
    if setting["penalty"]:
        yield "penalty-on-bias", f"{line} + lam / m * b{l}"
    if l < setting["L"]:
        yield "missing-activation-derivative", line.replace(f"dz{l}", f"da{l}")


def drawn(random):
    """Return a network, its parameters and its data."""
    L = int(random.integers(1, 4))
    widths = [int(d) for d in random.integers(2, 7, L + 1)]
    output = str(random.choice(["softmax", "logistic"]))
    setting = {
        "L": L,
        "widths": widths,
        "output": output,
        "is_rows": bool(random.integers(2)),
        "is_early": bool(random.integers(2)),
        "penalty": bool(random.integers(2)),
        "activation": str(random.choice(list(SIGMA))),
    }
    m, K = int(random.integers(3, 12)), widths[-1]
    X, Y = random.normal(size=(m, widths[0])), np.eye(K)[random.integers(0, K, m)]
    if output == "logistic":
        Y = random.integers(0, 2, (m, K)).astype(float)
    parameters = []
    for d_in, d_out in pairwise(widths):
        parameters += [random.normal(size=(d_in, d_out)), random.normal(size=d_out)]
    if not setting["is_rows"]:
        X, Y = X.T, Y.T
        parameters = [p.T if p.ndim == 2 else p[:, np.newaxis] for p in parameters]
    return setting, parameters, (X, Y, 0.7)


def gradients_of(text, parameters, args):
    """Return the function that a text defines, and its gradients; None where the code does not run."""
    space = {"np": np}
    exec(text, space)  # noqa: S102
    try:
        return space["backward"], space["backward"](*parameters, *args)[1]
    except ValueError:
        return None, None


def is_alike(one, other):
    return all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-5, atol=1e-8 * np.abs(a).max())
        for a, b in zip(one.values(), other.values(), strict=True)
    )


def count(networks, seed=0):
    """Return how often the slips of single and double corruptions are named, what was missed, and the times taken."""
    random = np.random.default_rng(seed)
    tally, missed, times = Counter(), [], []
    for _ in range(networks):
        setting, parameters, args = drawn(random)
        for expected, fn in trials(setting, parameters, args, random):
            start = time.perf_counter()
            said = [slip.name for slip in check_gradients(fn, tuple(parameters), *args).slips]
            times.append(time.perf_counter() - start)
            words = "single" if len(expected) == 1 else "double"
            is_named = sorted(said[: len(expected)]) == sorted(expected)
            tally[words] += 1
            tally[f"{words}, named first" if words == "single" else f"{words}, both named first"] += is_named
            tally[f"{words}, and nothing else"] += is_named and len(said) == len(expected)
            missed += [] if is_named else [f"{words} {expected}: said {said}, {setting}"]
    return tally, missed, times


def trials(setting, parameters, args, random):
    """Yield some functions of one network with one slip and with two, and their names."""
    lines = backward_pass(setting)
    _, right = gradients_of(source(setting, lines), parameters, args)
    single = []
    for name, where, line in corruptions(setting, lines):
        fn, wrong = gradients_of(source(setting, lines | {where: line}), parameters, args)
        if fn is not None and not is_alike(right, wrong):
            single.append((name, where, line, wrong, fn))
    for k in random.permutation(len(single))[:EACH]:
        yield [single[k][0]], single[k][-1]
    pairs = [pair for pair in combinations(single, 2) if pair[0][1] != pair[1][1]]
    for k in random.permutation(len(pairs))[:EACH]:
        one, other = pairs[k]
        fn, wrong = gradients_of(source(setting, lines | {one[1]: one[2], other[1]: other[2]}), parameters, args)
        if fn is not None and not any(is_alike(alone, wrong) for alone in (right, one[3], other[3])):
            yield [one[0], other[0]], fn


def main():
    networks, shown, *_ = *map(int, sys.argv[1:]), *(60, 0)[len(sys.argv) - 1 :]
    tally, missed, times = count(networks)
    for words, number in tally.items():
        base = tally[words.partition(",")[0]]
        print(f"{words}: {number}" + (f" ({number / base:.1%})" if "," in words else ""))
    print(f"median {np.median(times):.2f} s, longest {max(times):.2f} s")
    print(*missed[:shown], sep="\n")


if __name__ == "__main__":
    main()
