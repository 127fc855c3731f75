"""What ``renqing bench`` runs: a stage of its own, existing load generators, and one file a family of benches."""
