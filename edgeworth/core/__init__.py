"""What every problem shares: results, stop rules, seeds, verdicts, method rows, files, compilation. Knows no problem."""
