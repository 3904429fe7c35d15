"""What went on at the desk: figures of a span of days, out of the tables, compared with the span before it."""
