"""Networks as programs: what writers and readers of code share."""
