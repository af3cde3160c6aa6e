"""The rules of the game: plain values, standard library only, no input or output."""
