"""The trusted side: plans an attempt, compares, weighs gates and says the verdict."""
