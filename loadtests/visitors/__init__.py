"""Visitors who connect by Socket.IO, stay and are told things, on both sides at once."""
