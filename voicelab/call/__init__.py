"""What happens inside one call, with the clock and the socket passed in."""
