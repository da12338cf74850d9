"""The canonical API, one module a resource."""
