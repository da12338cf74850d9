"""How this installation is: trials of its parts, readiness, and the numbers of the fleet."""
