"""What only the overview page is made of."""
