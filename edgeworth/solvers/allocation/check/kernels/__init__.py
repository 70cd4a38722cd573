"""The checker's own loops: a branch tree is repeated in 64-bit integers. No solver uses them."""
