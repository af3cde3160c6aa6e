"""Dungeons as a player meets them: begin a floor, judge it with all that lie below, the files of the project and its echoes."""
