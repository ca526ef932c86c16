"""What every resource goes through: begin, settle, fail, stop, deploy, follow, retrain, remove."""
