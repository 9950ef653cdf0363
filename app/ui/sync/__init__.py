"""What only the sync page is made of."""
