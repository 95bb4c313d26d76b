"""Our tables against those that the published pipeline wrote for the same synthetic logs."""
