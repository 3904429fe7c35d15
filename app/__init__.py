"""The service: what comes in, what goes out, when; SQL, the embedded desk, the pages."""
