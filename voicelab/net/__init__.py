"""Servers and their sockets: the media-stream sink."""
