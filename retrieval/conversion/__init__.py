"""Files of people to clean Markdown: what is taken, what is refused, and the process that reads what may bite."""
