"""Who writes: employees, one-time codes, verified sessions, mail."""
