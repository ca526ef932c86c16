"""What roles allow: local mode refuses what the deployed functions' policies do not allow, as AWS would."""
