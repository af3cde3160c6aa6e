"""The untrusted side: loads a solution in a confined process and answers calls."""
