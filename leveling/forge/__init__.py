"""For authors: prove that a quest judges what it says it judges, and write a new one."""
