"""Cases as data: what each of the four layers asks of the shipped agent."""
