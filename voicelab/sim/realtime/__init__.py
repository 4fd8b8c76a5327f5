"""A Realtime server, offline: the other end of the bridge."""
