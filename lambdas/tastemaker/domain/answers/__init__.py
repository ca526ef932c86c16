"""What an answer is made of: histories, contexts, exploration, reasons, records put since the training."""
