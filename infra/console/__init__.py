"""The console on AWS: the page in a bucket behind CloudFront, and people who sign in by Cognito."""
