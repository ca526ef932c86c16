"""What engines know of items, users and events beside their ids."""
