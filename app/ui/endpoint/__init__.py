"""What only the endpoints page is made of."""
