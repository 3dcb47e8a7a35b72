"""Speed, beside limits measured in the same run."""
