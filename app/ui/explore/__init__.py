"""What only the explore page is made of."""
