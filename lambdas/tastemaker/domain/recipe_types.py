"""AWS's types of recipes that the code speaks of."""

ACTIONS = "PERSONALIZED_ACTIONS"
