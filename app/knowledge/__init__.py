"""The knowledge base in SQL: articles, synchronisation, index revisions."""
