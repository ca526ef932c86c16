"""HTTP to Python and back, driven by botocore's service models; knows no operation by name."""
