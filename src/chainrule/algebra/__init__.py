"""Expressions that know their shapes and do not commute: built, evaluated, typeset."""
