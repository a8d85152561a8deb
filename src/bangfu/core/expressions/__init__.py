"""The language of plans: text in, frozen typed nodes out."""

from bangfu.core.expressions.names import Scope, find_relation
from bangfu.core.expressions.resolving import parse_amount, parse_scalar, parse_truth
from bangfu.core.expressions.syntax import ExpressionError, refuse

__all__ = [
    "ExpressionError",
    "Scope",
    "find_relation",
    "parse_amount",
    "parse_scalar",
    "parse_truth",
    "refuse",
]
