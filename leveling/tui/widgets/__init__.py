"""Parts of screens. Each takes plain values or objects of the world, never the app."""
