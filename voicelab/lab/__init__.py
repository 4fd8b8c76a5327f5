"""What a notebook holds: the lab, the sink, the call."""
