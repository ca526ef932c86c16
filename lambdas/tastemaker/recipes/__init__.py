"""The models: one file per recipe, numpy at import, scipy only while fitting."""
