"""Questions asked of the store; answers are frozen."""
