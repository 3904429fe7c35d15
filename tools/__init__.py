"""What the agent may do in the world, and the ports it does it through."""
