"""One answer: what is asked, promotions, records put since the training, metadata, reasons, the log."""
