"""What the rules share: clearing by sorting, exact maxima, the phases of Off-AIC2, and how one seller chooses its buyers."""
