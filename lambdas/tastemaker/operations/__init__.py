"""One function per API operation, named as boto3 names it; `bootstrap.operation_table` collects them."""
