"""What ``translator taxonomy`` says and writes: a dry run, what was done, QA, a project's group properties as JSON."""
