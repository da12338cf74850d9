"""The contracts of the documents that came before, as thin adapters, one module each."""
