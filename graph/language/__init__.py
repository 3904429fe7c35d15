"""How words become meaning: the port and its engines."""
