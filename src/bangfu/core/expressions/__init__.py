"""The language of plans: text in, frozen typed nodes out."""

from bangfu.core.expressions.resolving import Scope, parse_scalar, parse_truth

__all__ = ["Scope", "parse_scalar", "parse_truth"]
