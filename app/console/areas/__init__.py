"""One module for each area of the staff pages: its ROUTES and their handlers."""
