"""Everything a player can do; joins catalog, judge and saves. The command line and the app decide nothing themselves."""
