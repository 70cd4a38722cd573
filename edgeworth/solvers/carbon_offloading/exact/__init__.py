"""Methods that prove what they say in hindsight: each device's convex program, and two ways to solve it."""
