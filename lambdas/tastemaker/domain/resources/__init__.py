"""What every resource has: kind, ARN, status, quota, page, changes."""
