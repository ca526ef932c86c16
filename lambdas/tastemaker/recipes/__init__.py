"""The models: a folder per family (personal, related, popular, actions), and folders of what engines share.

`contract` says what a recipe is, `registry` finds one by its name. numpy at import, scipy only while fitting.
"""
