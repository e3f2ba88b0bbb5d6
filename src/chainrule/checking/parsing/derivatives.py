"""What a formula has that is about a derivative, before it is read."""

import re

__all__ = ["CLAIM", "DERIVATIVE"]

_DIFFERENTIAL = r"(?:\\mathrm\s*\{\s*d\s*\}|\\text\s*\{\s*d\s*\}|\\d\b|\bd)\s*\\?[A-Za-z{]"
_SIGNS = rf"\\partial(?![a-z])|∂|\\nabla(?![a-z])|∇|\\delta(?![a-z])|δ|{_DIFFERENTIAL}"
# Of a displayed formula: a sign of a derivative anywhere, a prime among them.
DERIVATIVE = re.compile(rf"{_SIGNS}|grad|nabla|'|′|\\prime(?![a-z])")
_OPERATOR = r"\\[dt]?frac\s*\{\s*(?:\\mathrm\s*\{\s*d\s*\}|d)\s*\}"
_PRIMED = r"\\?[A-Za-z]+(?:_\w)?\s*(?:'|′|\^\s*\{?\s*\\prime\s*\}?)\s*(?:\(|\\left\()"
# Of an inline formula: an equation whose left side is a derivative.
CLAIM = re.compile(rf"\s*(?:\\[dt]?frac\s*\{{\s*)?(?:{_SIGNS}|{_OPERATOR}|{_PRIMED})[^=]*=\s*\S")
