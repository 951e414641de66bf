"""The door of the studio: who may speak to it, and with which key."""
