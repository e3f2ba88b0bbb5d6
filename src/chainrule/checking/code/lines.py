"""The lines of B1–B5 in NumPy, in the layout of the function they are meant for."""

import numpy as np

from chainrule.checking.code.table import Table

__all__ = ["right_line"]


def right_line(table: Table, where: str) -> str:
    """Return the line of code that makes a gradient, such as ``dW2 = a1.T @ dz2  # B2``."""
    kind, l = where[:2] if where[:2] != "da" else "da", int(where.lstrip("dWbaz"))
    if kind == "dz":
        return _errors(table, l)
    if kind == "da":
        W = f"W{l + 1}" if table.layout.is_turned == (not table.is_columns) else f"W{l + 1}.T"
        product = f"{W} @ dz{l + 1}" if table.is_columns else f"dz{l + 1} @ {W}"
        return f"da{l} = {product}  # B4"
    if kind == "dW":
        return f"dW{l} = {_weights(table, l)}{_penalty(table, table.of_W, f'W{l}')}  # B2"
    axis = "axis=1, keepdims=True" if table.is_columns else "axis=0"
    return f"db{l} = dz{l}.sum({axis}){_penalty(table, table.of_b, f'b{l}')}  # B3"


def _errors(table: Table, l: int) -> str:
    if l == table.network.depth:
        if np.ptp(table.s) > 0:
            scaled = "s * (y_hat - Y)"
        elif np.isclose(table.data, table.m):
            scaled = "y_hat - Y"
        elif np.isclose(table.data, 1):
            scaled = "(y_hat - Y) / m"
        else:
            scaled = f"{table.data / table.m:.6g} * (y_hat - Y)"
        return f"dz{l} = {scaled}  # B1"
    slope = {
        "identity": "",
        "relu": f" * (z{l} > 0)",
        "leaky_relu": f" * np.where(z{l} > 0, 1, {table.network.negative_slope:g})",
        "logistic": f" * a{l} * (1 - a{l})",
        "tanh": f" * (1 - a{l}**2)",
    }
    return f"dz{l} = da{l}{slope[table.network.activation]}  # B5"


def _weights(table: Table, l: int) -> str:
    """Return the product of B2: (a, dz) make W in rows, (dz, a) its transpose."""
    a, dz = f"a{l - 1}" if l > 1 else "X", f"dz{l}"
    if table.is_columns:
        return f"{dz} @ {a}.T" if table.layout.is_turned else f"{a} @ {dz}.T"
    return f"{dz}.T @ {a}" if table.layout.is_turned else f"{a}.T @ {dz}"


def _penalty(table: Table, factor: float, parameter: str) -> str:
    known = table.factor if np.isclose(factor, table.of_W) else ""
    return f" + {known or f'{factor:.6g}'} * {parameter}" if factor else ""
