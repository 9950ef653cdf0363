"""What the page of service levels is made of."""
