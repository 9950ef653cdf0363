"""What only the GPU page is made of."""
