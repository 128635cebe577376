"""The instructor's side of Build Your Own MLP."""
