"""Schemas of datasets, the properties of records, and the expressions that count them."""
