"""Learning: networks in batches of one shape, their gradients, and models made of them."""
