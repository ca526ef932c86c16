"""The functions as Lambda runs them: the bundled asset and layers under AWS's own runtime client, a process each."""
