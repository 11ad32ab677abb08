"""Charts: one module for each figure, drawn from the score tables and nothing else."""
