"""What the log of answers tells of settings that were never tried: for the command and for the console."""
