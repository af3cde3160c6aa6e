def test_a_brief_without_sections_has_no_nearest_one():
    """A short brief is no trouble."""
    from leveling.coach.passages import nearest_section

    assert nearest_section("# Row sums\n\nSum each row.\n", "rows", prefer="pitfalls") is None
