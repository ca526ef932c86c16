"""What decides a training before it runs: settings, searches, quotes, schedules."""
