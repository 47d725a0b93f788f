"""Configuration and prompts of an Asterisk node."""
