"""Personal data: how long it is kept, and one person's data handed out or erased everywhere."""
